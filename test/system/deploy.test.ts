/** The files that an operator copies: what reads them on a host has nothing to say against them. HAProxy's: `api-processes.test.ts`. */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, extname, join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { exportPathOf } from '../../dashboard/pages/shares/mount/export-path.ts'
import { instructionsFor } from '../../dashboard/pages/shares/mount/instructions.ts'
import { hasProgram } from '../../tools/programs/packages.ts'
import { packagedUnits } from '../../tools/release/debian.ts'

const root = join(import.meta.dirname, '../..')
const units = join(root, 'deploy/systemd')
const dir = mkdtempSync(join(tmpdir(), 'manila-units-'))
afterAll(() => rmSync(dir, { recursive: true, force: true }))

describe.runIf(hasProgram('systemd-analyze'))('systemd units', () => {
  test.each(readdirSync(units))('%s', (name) => {
    // Where the guide puts the checkout.
    const text = readFileSync(join(units, name), 'utf8').replaceAll('/opt/manila', root)
    const file = join(dir, name)
    writeFileSync(file, text)
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    // Of units that other packages of this host brought along it may have something to say, too.
    const said = (stdout + stderr).split('\n').filter((line) => /manila/i.test(line))
    expect([status, said]).toEqual([0, []])
    const [, node = '', program = ''] = /^ExecStart=(\S+) (\S+)/m.exec(text) ?? []
    expect([node, program].map((path) => existsSync(path))).toEqual([true, true])
  })

  test.each(Object.entries(packagedUnits()))('%s of the Debian package', (name, text) => {
    const file = join(dir, name)
    // Its programs are where theirs will be.
    writeFileSync(
      file,
      text
        .replaceAll('/usr/bin/manila', join(root, 'src/bin/manila'))
        .replaceAll(/(src\/bin\/\S+)/g, '$1.mjs'),
    )
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    const said = (stdout + stderr).split('\n').filter((line) => /manila/i.test(line))
    expect([status, said]).toEqual([0, []])
    expect(/^ExecStart=\/usr\/bin\/(manila-\w+) /m.exec(text)?.[1]).toMatch(
      /^manila-(?:all|api|data|scheduler|share)$/,
    )
    expect(text).toMatch(/^CacheDirectory=manila\/\w+$/m)
  })

  test('and this finds what is wrong', () => {
    const file = join(dir, 'wrong.service')
    writeFileSync(file, '[Service]\nExecStart=/nowhere/at-all\nNoSuchOption=1\n')
    const { status, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' })
    expect([status === 0, stderr.includes('NoSuchOption'), stderr.includes('/nowhere/at-all')]).toEqual([
      false,
      true,
      true,
    ])
  })

  test.each(["it's $HOME", 'a b#"c"', '100% %h', 'photos 📷'])('to mount a share at %s', (name) => {
    const at = exportPathOf('NFS', `[2001:db8::1]:/exports/${name}`)
    if (at === null) throw new Error(`no path: ${name}`)
    const { snippets } = instructionsFor('systemd', {
      at,
      id: '309fcedb-c45f-4f63-bd10-aec022f3426e',
      name: `${name} manila`,
      sizeGib: 1,
      user: null,
      isReadOnly: true,
    })
    const files = snippets.flatMap(({ file, text }) =>
      file === undefined ? [] : [{ file: basename(file), text }],
    )
    expect(files.map(({ file }) => extname(file))).toEqual(['.mount', '.automount'])
    for (const { file, text } of files) writeFileSync(join(dir, file), text)
    for (const { file } of files) {
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', join(dir, file)], {
        encoding: 'utf8',
      })
      const said = (stdout + stderr).split('\n').filter((line) => /manila/i.test(line))
      expect([status, said]).toEqual([0, []])
    }
  })
})
