/// <reference types="node" />
/** Whatever a share and its path are called: what is copied means that path, to the program that reads it. */
import { spawnSync } from 'node:child_process'
import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { exportPathOf, plainName, sourceOf } from './export-path.ts'
import { instructionsFor } from './instructions.ts'
import { mountSystems, type Mounted, type MountSystem } from './mounted.ts'
import { fstabField, powerShell, unitName, unitValue, yamlText } from './quoting.ts'

const nasty = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 30 })
  .map((text) => text.replaceAll('\0', 'x'))
  .filter((text) => text.isWellFormed())
const evil = fc.constantFrom(
  "'; rm -rf / #",
  '$(id)',
  '`id`',
  '\n/etc',
  '\u202egnp',
  ' -o exec',
  '"',
  '\\',
  '%h',
)
const path = fc
  .array(fc.oneof(nasty, evil), { minLength: 1, maxLength: 3 })
  .map((segments) => `/${segments.join('')}`)
const name = fc.option(fc.oneof(nasty, evil), { nil: null })
const id = '309fcedb-c45f-4f63-bd10-aec022f3426e'

const mounted = (
  text: string,
  shareName: string | null,
  protocol = 'NFS',
  user: string | null = null,
): Mounted => {
  const at = exportPathOf(protocol, text)
  if (at === null) throw new Error(`no path: ${text}`)
  return { at, id, name: shareName, sizeGib: 3, user, isReadOnly: false }
}
const snippet = (system: MountSystem, what: Mounted, says: string): string =>
  instructionsFor(system, what).snippets.find((one) => one.says === says)?.text ?? ''

/** The arguments that bash hands to `sudo`, of each line. */
function toldToSudo(commands: readonly string[]): string[][] {
  const script = `sudo() { printf '%s\\0' "$@"; printf '\\1\\0'; }\n${commands.join('\n')}\n`
  const { stdout, status, stderr } = spawnSync('/bin/bash', ['-s'], {
    input: script,
    env: { PATH: '/nonexistent', LC_ALL: 'C.UTF-8' },
    maxBuffer: 1 << 24,
  })
  expect([status, stderr.toString()]).toEqual([0, ''])
  return stdout
    .toString()
    .split('\u0001\0')
    .slice(0, -1)
    .map((line) => line.split('\0').slice(0, -1))
}

test('a real shell hands mount the path as it is, and a folder of plain letters', () => {
  const cases = fc.sample(fc.tuple(path, name), 300).filter(([text]) => !text.includes('\u0001'))
  const commands = cases.map(([text, shareName]) =>
    snippet('linux', mounted(`h.example:${text}`, shareName), 'mount'),
  )
  const told = toldToSudo(commands)
  expect(told).toHaveLength(cases.length)
  for (const [at, [text, shareName]] of cases.entries()) {
    expect(told[at]).toEqual(['mount', '-t', 'nfs', `h.example:${text}`, `/mnt/${plainName(shareName, id)}`])
  }
})

test('also of CIFS and CephFS, with the user of the rule', () => {
  const told = toldToSudo([
    snippet('linux', mounted("\\\\files\\it's $HOME", 'a', 'CIFS', 'AD\\ann'), 'mount'),
    snippet('linux', mounted('10.0.0.1:6789,10.0.0.2:6789:/volumes/$x', 'a', 'CEPHFS', "o'neill"), 'mount'),
    snippet('macos', mounted('[2001:db8::1]:/a b', 'a'), 'mount'),
  ])
  expect(told).toEqual([
    ['mount', '-t', 'cifs', '-o', 'username=AD\\ann', "//files/it's $HOME", '/mnt/a'],
    [
      'mount',
      '-t',
      'ceph',
      '-o',
      "name=o'neill,secretfile=/etc/ceph/a.secret",
      '10.0.0.1:6789,10.0.0.2:6789:/volumes/$x',
      '/mnt/a',
    ],
    ['mount', '-t', 'nfs', '-o', 'vers=4', '[2001:db8::1]:/a b', '/Volumes/a'],
  ])
})

test('a line of fstab has six fields, and the first is the path byte by byte', () => {
  fc.assert(
    fc.property(path, name, (text, shareName) => {
      const line = snippet('fstab', mounted(`h:${text}`, shareName), 'line')
      const fields = line.trimEnd().split(/[ \t]/)
      expect([fields.length, line.split('\n').length]).toEqual([6, 2])
      const bytes = (fields[0] ?? '').replaceAll(/\\([0-7]{3})/g, (_all, octal: string) =>
        String.fromCharCode(Number.parseInt(octal, 8)),
      )
      const told = new TextDecoder().decode(Uint8Array.from(bytes, (one) => one.charCodeAt(0)))
      expect(told).toBe(`h:${text}`)
    }),
  )
})

test('a unit file has the path in its one line, or is not offered', () => {
  fc.assert(
    fc.property(path, name, (text, shareName) => {
      const { snippets, notes } = instructionsFor('systemd', mounted(`h:${text}`, shareName))
      const unit = snippets.find(({ says }) => says === 'mount-unit')?.text
      if (unit === undefined) {
        expect(notes).toEqual(['not-writable'])
        return
      }
      const what = unit.split('\n').filter((line) => line.startsWith('What='))
      expect(what.map((line) => line.slice(5).replaceAll('%%', '%'))).toEqual([`h:${text}`])
    }),
  )
})

test('a manifest says the path as one text that JSON reads as well', () => {
  fc.assert(
    fc.property(path, name, (text, shareName) => {
      const manifest = snippet('kubernetes', mounted(`[2001:db8::1]:${text}`, shareName), 'manifest')
      const values = (key: string) =>
        manifest
          .split('\n')
          .flatMap((line) =>
            line.trim().startsWith(`${key}: `) ? [JSON.parse(line.trim().slice(key.length + 2))] : [],
          )
      expect([values('server'), values('path')]).toEqual([['2001:db8::1'], [text]])
      expect(new Set(values('name')).size).toBe(1)
    }),
  )
})

test('PowerShell reads what is quoted as it is', () => {
  // It takes any of these for a quote.
  expect(powerShell("a'b‘c’d‚e‛f")).toBe("'a''b‘‘c’’d‚‚e‛‛f'")
  fc.assert(
    fc.property(nasty, (text) => {
      const quoted = powerShell(text)
      expect(quoted.slice(1, -1).replaceAll(/(['‘’‚‛])\1/g, '$1')).toBe(text)
      expect(quoted.slice(1, -1).replaceAll(/(['‘’‚‛])\1/g, '')).not.toMatch(/['‘’‚‛]/)
    }),
  )
})

test('nothing that can’t be seen is in what is copied', () => {
  fc.assert(
    fc.property(path, name, fc.constantFrom(...mountSystems), (text, shareName, system) => {
      for (const { text: copied } of instructionsFor(system, mounted(`h:${text}`, shareName)).snippets)
        // oxlint-disable-next-line no-control-regex
        expect(copied).not.toMatch(
          /[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u061C\u200B\u200E\u200F\u2028-\u202E\u2066-\u2069\uFEFF]/,
        )
    }),
  )
})

test.each([
  ['NFS', 'h:/a', { protocol: 'NFS', server: 'h', path: '/a' }],
  ['nfs', '[fe80::1%eth0]:/a', { protocol: 'NFS', server: 'fe80::1%eth0', path: '/a' }],
  ['CIFS', '\\\\h\\a\\b', { protocol: 'CIFS', server: 'h', path: 'a/b' }],
  [
    'CEPHFS',
    'm1:6789,m2:6789:/volumes/_nogroup/x:/y',
    { protocol: 'CEPHFS', server: 'm1:6789,m2:6789', path: '/volumes/_nogroup/x:/y' },
  ],
  ['NFS', '-oexec:/a', null],
  ['NFS', '[]:/a', null],
  ['NFS', 'h', null],
  ['NFS', 'a b:/x', null],
  ['CIFS', 'h/a', null],
  ['GLUSTERFS', 'h:/a', null],
])('%s %s', (protocol, text, pieces) => {
  const at = exportPathOf(protocol, text)
  expect(at).toEqual(pieces)
  if (at !== null && at.protocol !== 'CIFS') expect(sourceOf(at)).toBe(text)
})

test('a folder’s name is plain whatever a share is called, and never empty', () => {
  fc.assert(
    fc.property(name, (text) => {
      expect(plainName(text, id)).toMatch(/^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/)
    }),
  )
  expect([plainName('Home of Ann!', id), plainName('…', id), plainName(null, id)]).toEqual([
    'home-of-ann',
    'share-309fcedb',
    'share-309fcedb',
  ])
})

test('units are named as systemd-escape names them', () => {
  expect(unitName('/mnt/home-of-ann')).toBe('mnt-home\\x2dof\\x2dann')
  expect(unitName('/tmp//waldi/foobar/')).toBe('tmp-waldi-foobar')
  expect(unitName('/')).toBe('-')
})

test('what a unit’s value can’t hold', () => {
  expect([unitValue('h:/100%'), unitValue('h:/a '), unitValue('h:/a\nb'), unitValue('h:/a\\')]).toEqual([
    'h:/100%%',
    null,
    null,
    null,
  ])
  expect(fstabField('a b\\#')).toBe('a\\040b\\134\\043')
  expect(yamlText('a\u202eb')).toBe('"a\\u202eb"')
})

test('a user that an option can’t name is not put in, and it is said', () => {
  const { snippets, notes } = instructionsFor('linux', mounted('\\\\h\\a', 'a', 'CIFS', 'ann,uid=0'))
  expect(JSON.stringify(snippets)).not.toContain('uid=0')
  expect(notes).toEqual(['user-unknown'])
  expect(instructionsFor('macos', mounted('m:6789:/a', 'a', 'CEPHFS')).notes).toEqual(['no-macos-cephfs'])
})
