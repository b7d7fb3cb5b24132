/** A policy file that changes under a running service: what is in force, and what is said about it. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import type { Identity } from '../model/identity.ts'
import { Policy } from './enforce.ts'
import { maxFileBytes } from './file.ts'

const folder = mkdtempSync(join(tmpdir(), 'policy-reload-'))
afterAll(() => rmSync(folder, { recursive: true }))

const anybody: Identity = {
  userId: 'u',
  userName: 'ann',
  userDomainId: 'default',
  projectId: 'p',
  projectName: 'one',
  projectDomainId: 'default',
  roles: ['stranger'],
  serviceRoles: [],
  scope: 'project',
  auditId: 'a',
  expiresAt: 0,
}

const open = '"share:get": "@"\n'
const shut = '"share:get": "!"\n'

let file = ''
let count = 0
beforeEach(() => {
  file = join(folder, `${++count}.yaml`)
})

/** A policy whose clock stands at 0, so that no file is ever old enough by its age alone. */
function watched(text: string, start = 0) {
  writeFileSync(file, text)
  let now = start
  const broken: string[] = []
  const loaded: number[] = []
  const policy = new Policy({
    clock: { now: () => now },
    file,
    onBroken: (error) => broken.push(error.message),
    onLoaded: ({ overrides }) => loaded.push(overrides),
  })
  return {
    policy,
    broken,
    loaded,
    passes: () => policy.check('share:get', anybody),
    /** A second later: what passes then. */
    look(times = 1) {
      for (let i = 0; i < times; i++) {
        now += 1_000_000
        policy.state()
      }
      return policy.check('share:get', anybody)
    },
  }
}

describe('a policy file of a running service', () => {
  test('is in force after two looks, when nothing more was written between them', () => {
    const { passes, look, loaded } = watched(shut)
    writeFileSync(file, open)
    expect([passes(), look(), look()]).toEqual([false, false, true])
    expect(loaded).toEqual([1, 1])
  })

  test('is in force at the first look when it was changed long before', () => {
    writeFileSync(file, shut)
    const changed = Number(statSync(file, { bigint: true }).ctimeNs / 1000n)
    const { look } = watched(shut, changed)
    writeFileSync(file, open)
    expect([look(), look(5)]).toEqual([false, true])
    const late = watched(shut, changed + 60_000_000)
    writeFileSync(file, open)
    expect(late.look()).toBe(true)
  })

  test('written in place is never in force by half', () => {
    const restricted = '"share:list_all_projects": "!"\n"share:get": "!"\n'
    const { policy, look, broken } = watched(restricted)
    // Each look finds a longer file; what is there so far is YAML, and lacks the second rule.
    writeFileSync(file, '# a new version\n')
    expect(look()).toBe(false)
    appendFileSync(file, '"share:list_all_projects": "@"\n')
    expect(look()).toBe(false)
    appendFileSync(file, shut)
    expect(look(3)).toBe(false)
    expect(policy.state()).toMatchObject({ overrides: 2, broken: null })
    expect(broken).toEqual([])
  })

  test('put in its place by a rename is found although it has the same size and time', () => {
    const { look } = watched(shut)
    const { mtime } = statSync(file)
    writeFileSync(`${file}.new`, open)
    utimesSync(`${file}.new`, mtime, mtime)
    utimesSync(file, mtime, mtime)
    renameSync(`${file}.new`, file)
    expect(look(2)).toBe(true)
  })

  test.each([
    ['no YAML', '"share:get": "rule:'],
    ['a list', '- a\n- b\n'],
    ['a circle', 'a: "rule:b"\nb: "rule:a"\n"share:get": "rule:a"\n'],
    ['a reference to nothing', '"share:get": "rule:nobody"\n'],
    ['a syntax error in a rule', '"share:get": "role:x and"\n'],
    ['two rules of one name', '"share:get": "@"\n"share:get": "!"\n'],
    ['aliases', 'a: &x ["@"]\n"share:get": [*x]\n'],
    ['a thousand brackets', `"share:get": ${'['.repeat(20_000)}\n`],
    ['more bytes than a policy has', `${open}#${'x'.repeat(maxFileBytes)}\n`],
    ['bytes that are no text', Buffer.concat([Buffer.from(`${open}# `), Buffer.from([0xff, 0xfe, 0x0a])])],
  ])('of %s keeps the old rules and says so once, until it is whole again', (_what, text) => {
    const { policy, look, broken } = watched(shut)
    writeFileSync(file, text)
    expect(look(5)).toBe(false)
    expect(broken).toHaveLength(1)
    expect(broken[0]).toContain(`policy file ${file}: `)
    expect(policy.state().broken).toMatchObject({ reason: broken[0], since: expect.any(Number) as number })
    expect(policy.state()).toMatchObject({ overrides: 1, loadedAt: 0 })
    writeFileSync(file, open)
    expect(look(2)).toBe(true)
    expect(policy.state().broken).toBeNull()
  })

  test('that vanishes keeps the old rules; the same file put back is well again', () => {
    const { policy, look, broken } = watched(shut)
    renameSync(file, `${file}.away`)
    expect(look(4)).toBe(false)
    expect(broken).toEqual([expect.stringContaining('ENOENT')])
    renameSync(`${file}.away`, file)
    expect(look(2)).toBe(false)
    expect(policy.state().broken).toBeNull()
  })

  test('that is a folder or a pipe is refused and waits for nobody', () => {
    const { look, broken } = watched(shut)
    rmSync(file)
    mkdirSync(file)
    expect(look(3)).toBe(false)
    rmSync(file, { recursive: true })
    execFileSync('mkfifo', [file])
    expect(look(3)).toBe(false)
    expect(broken).toEqual([expect.stringContaining('not a regular file')])
  })

  test('with rules that nobody knows is in force without them, and the state names them', () => {
    const { policy, look } = watched(open)
    writeFileSync(file, `"share:gte": "!"\n${shut}`)
    expect(look(2)).toBe(false)
    expect(policy.state()).toMatchObject({
      overrides: 1,
      broken: null,
      warnings: ['there is no rule "share:gte"; did you mean "share:get"?'],
    })
  })
})
