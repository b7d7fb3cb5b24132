import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Value } from 'typebox/value'
import { afterAll, describe, expect, test } from 'vitest'
import { hostLock } from '../../../exec/host-lock.ts'
import { localExec } from '../../../exec/local.ts'
import { conformance, fileProbes } from '../../contract/conformance.ts'
import { directoryOptions } from './config.ts'
import { driver as directory } from './index.ts'
import type { CallContext, ShareRef } from '../../contract/driver.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-directory-'))
const log = { info: () => undefined, warn: () => undefined, error: () => undefined }
const parts = { exec: localExec(), log, backend: 'alpha', dir, lock: hostLock, now: () => Date.now() * 1000 }
const options = Value.Parse(directoryOptions, Value.Default(directoryOptions, {}))
const make = () => directory.create(options, parts)
const call = (): CallContext => {
  const signal = new AbortController().signal
  return { log, deadlineMs: 30_000, signal, fence: null, progress: () => undefined }
}
afterAll(() => rmSync(dir, { recursive: true, force: true }))

const undeclared = [
  'no exporter for NFS was given',
  "the driver doesn't declare manages",
  "the driver doesn't declare shrinks",
  "the driver doesn't declare snapshots",
  "the driver doesn't enforce sizes",
  'the target has no breakCreate',
  'the target has no hangCreate',
]

describe('directory conformance', async () => {
  const target = {
    name: 'directory',
    make: async () => {
      const driver = make()
      await driver.setup(call())
      return { driver, standing: true, cleanup: async () => undefined, reopen: async () => make() }
    },
    probes: fileProbes(),
    limits: { enforcesSize: false },
  }
  const checks = await conformance(target)
  for (const check of checks) if (check.notDeclared === null) test(check.name, () => check.run())
  test('what it does not declare is exactly what plain directories lack', () => {
    expect([...new Set(checks.flatMap((check) => check.notDeclared ?? []))].sort()).toEqual(undeclared)
  })
})

test('says what it can not do, and keeps what the owner set', async () => {
  const driver = make()
  await driver.setup(call())
  const [pool] = await driver.pools(call())
  expect(pool?.extra).toEqual({ quota_enforced: false })
  expect(pool?.freeGib).toBeGreaterThan(0)
  const share = {
    id: '33333333-3333-4333-8333-333333333333',
    pool: 'directory',
    state: {},
    sizeGib: 1,
  } as ShareRef
  const path = (await driver.create(call(), share)).tree?.path ?? ''
  expect(statSync(path).mode & 0o7777).toBe(0o777)
  writeFileSync(join(path, 'f'), 'x')
  const [row] = (await driver.measures?.measure(call(), [share], [], { refresh: true })) ?? []
  expect(row).toMatchObject({ usedBytes: null, method: 'walk-refused' })
  expect(driver.shrinks).toBeUndefined()
  expect(driver.snapshots).toBeUndefined()
  await driver.delete(call(), share)
  await expect(driver.ensure(call(), share)).rejects.toMatchObject({ reason: 'not-found' })
})
