import { spawnSync } from 'node:child_process'
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { ExecError, RunOptions } from './exec.ts'
import { localExec, searchPath } from './local.ts'

const exec = localExec()
const options: RunOptions = { deadlineMs: 20_000, okCodes: [0, 1, 2] }
let dir = ''
let bin = ''
/** The same programs under names that the launcher starts. */
let programs = localExec()
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'manila-builtins-'))
  bin = join(dir, 'bin')
  mkdirSync(bin)
  for (const name of ['blkid', 'cat', 'ls', 'mkdir', 'mv', 'realpath', 'rm', 'rmdir', 'stat', 'tee', 'test'])
    symlinkSync(join(name === 'blkid' ? '/usr/sbin' : '/usr/bin', name), join(bin, name))
  programs = localExec({ path: `${bin}:${searchPath}` })
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

/** A small tree to do things in. */
function tree(name: string): string {
  const at = join(dir, name)
  rmSync(at, { recursive: true, force: true })
  mkdirSync(join(at, 'full/deep'), { recursive: true })
  mkdirSync(join(at, 'empty'))
  writeFileSync(join(at, 'full/.hidden'), 'h')
  writeFileSync(join(at, 'full/B'), 'b')
  writeFileSync(join(at, 'full/a b'), 'ab')
  writeFileSync(join(at, 'file'), 'one\ntwo\n', { mode: 0o640 })
  symlinkSync('full', join(at, 'link'))
  symlinkSync('nowhere', join(at, 'dangling'))
  return at
}

/** Names, modes (which tell the kind) and contents. */
function look(at: string): string {
  const lines = readdirSync(at, { recursive: true, encoding: 'utf8' }).map((name) => {
    const facts = lstatSync(join(at, name))
    return `${name} ${facts.mode.toString(8)} ${facts.isFile() ? readFileSync(join(at, name), 'utf8') : ''}`
  })
  return lines.sort().join('\n')
}

const places = [
  'file',
  'empty',
  'full',
  'full/B',
  'full/new',
  'link',
  'dangling',
  'none',
  'none/new',
  'file/x',
]
const one = [
  ['cat', '--'],
  ['ls', '--'],
  ['ls', '-A', '--'],
  ['realpath', '-e', '--'],
  ['tee', '--'],
  ['test', '-d'],
  ['test', '-e'],
]
const several = [
  ['mkdir', '-p', '--'],
  ['mkdir', '-p', '-m', '0700', '--'],
  ['rm', '-f', '--'],
  ['rmdir', '--'],
  ['stat', '--format', '%s %b', '--'],
]
const place = fc.constantFrom(...places)
const command = fc.oneof(
  fc.tuple(fc.constantFrom(...one), fc.tuple(place)),
  fc.tuple(fc.constantFrom(...several), fc.array(place, { minLength: 1, maxLength: 3 })),
  fc.tuple(fc.constant(['mv', '-T', '--']), fc.tuple(place, place)),
)

describe('what the launcher does itself', () => {
  test('answers and does what the program would', async () => {
    await fc.assert(
      fc.asyncProperty(command, async ([form, operands]) => {
        const done = async (by: typeof exec, at: string) => {
          const input = form[0] === 'tee' ? 'written\n' : ''
          const argv = [...form, ...operands.map((operand) => join(at, operand))]
          const { code, stdout, stderr } = await by.run(argv, { ...options, input })
          return [
            code,
            ...[stdout, stderr, look(at)].map((text) =>
              text.replaceAll(at, '/tree').replaceAll(`${bin}/`, '').replaceAll('/usr/bin/', ''),
            ),
          ]
        }
        expect(await done(exec, tree('ours'))).toEqual(await done(programs, tree('theirs')))
      }),
      { numRuns: 100 },
    )
  })

  test.each([
    ['%i', '/'],
    ['%d', '/etc', '/'],
    ['%d:%i', '/etc', '/'],
    ['%b', '/etc/passwd'],
  ])('knows %s of %s', async (format, ...paths) => {
    const argv = ['stat', '--format', format, '--', ...paths]
    expect(await exec.run(argv, options)).toEqual(await programs.run(argv, options))
  })

  test('knows the UUIDs of file systems, and leaves to the program what is none of XFS', async () => {
    const at = tree('file systems')
    const [first = '', second = '', other = ''] = ['first', 'second', 'file'].map((name) => join(at, name))
    for (const image of [first, second]) {
      spawnSync('truncate', ['--size', '320M', image])
      expect(spawnSync('mkfs.xfs', ['-q', image]).status).toBe(0)
    }
    const form = ['blkid', '--probe', '--match-tag', 'UUID', '--output', 'export', '--']
    for (const devices of [[first], [first, second], [first, other, second], [other], [join(at, 'none')]]) {
      const asked = [...form, ...devices]
      const told = await exec.run(asked, options)
      expect(told).toEqual(await programs.run(asked, options))
      if (devices.length > 1) expect(told.stdout).toMatch(/^UUID=[0-9a-f-]{36}$/m)
    }
  })

  test('starts no program for it, and the program itself for another form', async () => {
    const who = async (argv: readonly string[]) => (await exec.run(argv, options)).stdout.trim()
    // A worker, under the name of what it does.
    expect(await who(['cat', '--', '/proc/self/comm'])).toBe('cat -- /proc/se')
    expect(await who(['cat', '/proc/self/comm'])).toBe('cat')
    expect((await exec.run(['ls', '-d', '--', '/'], options)).stdout).toBe('/\n')
    expect((await exec.run(['cat', '--', '-'], { ...options, input: 'in' })).stdout).toBe('in')
    const home = readFileSync('/etc/hostname', 'utf8')
    expect((await exec.run(['cat', '--', '/etc/hostname', '/etc/hostname'], options)).stdout).toBe(
      home + home,
    )
  })

  test('carries much, in and out, and stops at too much', async () => {
    const at = join(tree('much'), 'big')
    const input = 'xyz\n'.repeat(500_000)
    for (const size of [0, 1, 59_000, 61_000, input.length]) {
      const part = input.slice(0, size)
      const limit = { ...options, input: part, maxOutputBytes: input.length }
      expect((await exec.run(['tee', '--', at], limit)).stdout === part).toBe(true)
      expect((await exec.run(['cat', '--', at], limit)).stdout === part).toBe(true)
    }
    const failed = exec.run(['cat', '--', at], { ...options, maxOutputBytes: 1000 })
    await expect(failed).rejects.toMatchObject({ kind: 'output' })
    expect((await exec.run(['cat', '--', '/etc/hostname'], options)).code).toBe(0)
  })

  test('many at once, and mixes up none of them', async () => {
    const at = tree('many')
    const names = Array.from({ length: 200 }, (_, n) => String(n))
    for (const name of names) writeFileSync(join(at, name), name.repeat(500))
    const read = await Promise.all(names.map((name) => exec.run(['cat', '--', join(at, name)], options)))
    expect(read.map(({ stdout }) => stdout)).toEqual(names.map((name) => name.repeat(500)))
  })
})

describe('one that hangs', () => {
  const hang = (name: string, given: Partial<RunOptions>) => {
    const pipe = join(dir, name)
    spawnSync('mkfifo', [pipe])
    return exec.run(['cat', '--', pipe], { ...options, ...given }).then(
      () => Promise.reject(new Error('it answered')),
      (error: ExecError) => error,
    )
  }

  test('ends at its deadline or when it is stopped, and holds up nobody', async () => {
    const abort = new AbortController()
    const hanging = [
      ...['p1', 'p2', 'p3', 'p4', 'p5', 'p6'].map((name) => hang(name, { deadlineMs: 1500 })),
      hang('p7', { signal: abort.signal }),
    ]
    const begun = performance.now()
    expect((await exec.run(['cat', '--', '/proc/self/comm'], options)).code).toBe(0)
    expect(performance.now() - begun).toBeLessThan(1400)
    abort.abort()
    expect((await Promise.all(hanging)).map(({ kind }) => kind)).toEqual([
      ...Array.from({ length: 6 }, () => 'deadline'),
      'aborted',
    ])
  })

  test('and is killed by somebody has failed', async () => {
    const hanging = hang('killed', { deadlineMs: 10_000 })
    const children = (pid: number) =>
      readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number)
    const opening = () =>
      children(process.pid)
        .flatMap(children)
        // Sleeps in the opening of a pipe that nobody writes.
        .find((pid) => readFileSync(`/proc/${pid}/wchan`, 'utf8') === 'wait_for_partner')
    await expect.poll(opening).toBeDefined()
    process.kill(opening() ?? -1, 'SIGKILL')
    expect(await hanging).toMatchObject({ kind: 'exit', result: { code: 137 } })
  })
})

describe('the fence', () => {
  test('refuses an older owner, and nothing is done', async () => {
    const at = tree('fenced')
    const lockFile = join(dir, 'fence')
    const make = (name: string, number: number) =>
      exec.run(['mkdir', '-p', '--', join(at, name)], { ...options, fence: { lockFile, number } })
    expect((await make('a', 5)).code).toBe(0)
    expect((await make('b', 7)).code).toBe(0)
    await expect(make('c', 6)).rejects.toMatchObject({ kind: 'fenced' })
    await expect(make('c', 6)).rejects.toThrow('owner 6 is older than 7')
    expect(readdirSync(at).filter((name) => /^[abc]$/.test(name))).toEqual(['a', 'b'])
    expect(readFileSync(`${lockFile}.number`, 'utf8')).toBe('7\n')
    const lost = { lockFile, number: 8, owned: () => false }
    await expect(exec.run(['rmdir', '--', join(at, 'a')], { ...options, fence: lost })).rejects.toMatchObject(
      {
        kind: 'fenced',
      },
    )
  })

  test('waits for the command of a program, and that for it', async () => {
    const at = tree('waits')
    const fence = { lockFile: join(dir, 'shared'), number: 1 }
    const log = join(at, 'log')
    const slow = exec.run(['sh', '-c', 'sleep 0.3; mv "$1" "$2"', '-', join(at, 'file'), log], {
      ...options,
      fence,
    })
    await new Promise((resolve) => setTimeout(resolve, 100))
    const read = await exec.run(['cat', '--', log], { ...options, fence })
    expect(read).toMatchObject({ code: 0, stdout: 'one\ntwo\n' })
    await slow
  })
})
