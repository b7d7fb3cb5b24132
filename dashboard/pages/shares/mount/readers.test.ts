/// <reference types="node" />
/** What is written into files is read by the programs and libraries that read such files: as one entry, and as the path it is. */
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import { parseAllDocuments } from 'yaml'
import { exportPathOf, plainName, sourceOf } from './export-path.ts'
import { instructionsFor } from './instructions.ts'
import type { Mounted, MountSystem } from './mounted.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-mount-'))
afterAll(() => rmSync(dir, { recursive: true }))

const id = '309fcedb-c45f-4f63-bd10-aec022f3426e'
const names = [
  'home',
  "it's $HOME `id`",
  ' leading and trailing ',
  'a#b\\040c"d',
  'tab\tline\nnext /etc',
  'photos 📷 写真',
  '\u202Egnp',
  '-o exec',
  ': {a: [b, &c *d]} # |',
  '%h %% ,ro=1',
  'null',
]
const mounted = (protocol: string, name: string): Mounted => {
  const text = {
    NFS: `[2001:db8::1]:/exports/${name}`,
    CIFS: `\\\\files.example\\${name}`,
    CEPHFS: `10.0.0.1:6789:/volumes/${name}`,
  }[protocol]
  const at = exportPathOf(protocol, text ?? '')
  if (at === null) throw new Error(`no path: ${text}`)
  return { at, id, name, sizeGib: 3, user: protocol === 'NFS' ? null : 'ann', isReadOnly: false }
}
const snippet = (system: MountSystem, what: Mounted, says: string): string =>
  instructionsFor(system, what).snippets.find((one) => one.says === says)?.text ?? ''

test('findmnt reads each line of fstab as one mount of the path', () => {
  const all = ['NFS', 'CIFS', 'CEPHFS'].flatMap((protocol) => names.map((name) => mounted(protocol, name)))
  const table = join(dir, 'fstab')
  writeFileSync(table, all.map((one) => snippet('fstab', one, 'line')).join(''))
  const read = execFileSync('findmnt', ['--json', '--tab-file', table, '--output', 'SOURCE,TARGET,FSTYPE'], {
    encoding: 'utf8',
    env: { PATH: process.env.PATH, LC_ALL: 'C.UTF-8' },
  })
  expect((JSON.parse(read) as { filesystems: unknown }).filesystems).toEqual(
    all.map(({ at, name }) => ({
      source: sourceOf(at),
      target: `/mnt/${plainName(name, id)}`,
      fstype: { NFS: 'nfs', CIFS: 'cifs', CEPHFS: 'ceph' }[at.protocol],
    })),
  )
  // The folders are not there, and what has a `=` might be a label, which `mount` takes for a path as it knows no such.
  const { stdout, stderr } = spawnSync('findmnt', ['--verify', '--tab-file', table], { encoding: 'utf8' })
  expect(stderr).toMatch(/^0 parse errors,/m)
  const errors = stdout.split('\n').filter((line) => /\[E\](?! unreachable on boot)/.test(line))
  expect(errors.filter((line) => !/unsupported source tag: .*=/.test(line))).toEqual([])
})

test('YAML reads the manifest as a volume of the path and a claim that takes it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('NFS', 'CIFS', 'CEPHFS'),
      fc.oneof(fc.constantFrom(...names), fc.string({ unit: 'grapheme', minLength: 1 })),
      (protocol, text) => {
        const name = `x${text.replaceAll(/[\0\\/]/g, '-')}`
        const what = mounted(protocol, name)
        const read = parseAllDocuments(snippet('kubernetes', what, 'manifest'), { version: '1.1' })
        expect(read.flatMap(({ errors, warnings }) => [...errors, ...warnings])).toEqual([])
        const things: any[] = read.map((one) => one.toJS() as unknown)
        expect(things.map(({ kind }) => kind)).toEqual([
          ...(protocol === 'NFS' ? [] : ['Secret']),
          'PersistentVolume',
          'PersistentVolumeClaim',
        ])
        const [volume, claim] = things.slice(-2)
        const { nfs, csi } = volume.spec
        expect(claim.spec.volumeName).toBe(volume.metadata.name)
        expect(volume.metadata.name).toBe(plainName(name, id))
        const { at } = what
        if (at.protocol === 'NFS') expect(nfs).toEqual({ server: at.server, path: at.path })
        else {
          expect(csi.volumeHandle).toBe(id)
          expect(csi.nodeStageSecretRef.name).toBe(things[0].metadata.name)
          expect(Object.values(csi.volumeAttributes)).toContain(
            at.protocol === 'CIFS' ? sourceOf(at) : at.path,
          )
        }
      },
    ),
  )
})
