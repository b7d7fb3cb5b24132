import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { Value } from 'typebox/value'
import { describe, expect, test } from 'vitest'
import { hostLock } from '../../../exec/host-lock.ts'
import { fakeExec } from '../../../exec/fake.ts'
import { mountOf, mounts } from '../../host/mountinfo.ts'
import { btrfsOptions, sourceOf } from './config.ts'
import { driver as btrfs } from './index.ts'
import { checkedId, layoutOf, parseListing, typedName } from './layout.ts'
import { qgroupsOf } from './qgroups.ts'
import type { CallContext, Parts } from '../../contract/driver.ts'
import type { FakeExec } from '../../../exec/fake.ts'

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined }
const a = '11111111-1111-4111-8111-111111111111'
const b = '22222222-2222-4222-8222-222222222222'

function options(given: object) {
  return Value.Parse(btrfsOptions, Value.Default(btrfsOptions, { ...given }))
}
function parts(exec: FakeExec): Parts {
  return { exec, log: silent, backend: 'alpha', dir: '/var/lib/manila/alpha', lock: hostLock, now: () => 1 }
}
function call(): CallContext {
  const signal = new AbortController().signal
  return { log: silent, deadlineMs: 5000, signal, fence: null, progress: () => undefined }
}

describe('options', () => {
  test('name exactly one pool', () => {
    expect(sourceOf(options({ directory: '/srv' }))).toEqual({ kind: 'directory', path: '/srv' })
    const loop = { loop_file: '/var/pool.img', size_gib: 1.5 }
    expect(sourceOf(options(loop))).toMatchObject({ kind: 'loop', sizeBytes: 1.5 * 1024 ** 3 })
    expect(() => sourceOf(options({}))).toThrow('exactly one')
    expect(() => sourceOf(options({ directory: '/a', device: '/dev/sda' }))).toThrow('exactly one')
    expect(() => sourceOf(options({ loop_file: '/var/pool.img' }))).toThrow('size_gib')
  })
})

describe('names', () => {
  test('an instance id is a uuid or nothing', () => {
    expect(checkedId(a)).toBe(a)
    fc.assert(
      fc.property(fc.string(), (id) => {
        expect(() => layoutOf('/p', '/d').share(id)).toThrow('not an instance id')
      }),
    )
  })

  test('an export path names one subvolume at the top of the pool', () => {
    for (const typed of ['data', '/data', 'host:/data', '10.0.0.1:/data', '[fd00::1]:/data']) {
      expect(typedName(typed)).toBe('data')
    }
    for (const bad of [
      '',
      '.',
      '..',
      '/..',
      'h:/',
      'h:/a/b',
      '../a',
      '-a',
      'manila',
      'a\0',
      'a b',
      '.snap',
    ]) {
      expect(() => typedName(bad)).toThrow('does not name')
    }
    fc.assert(
      fc.property(fc.string(), (typed) => {
        try {
          expect(typedName(typed)).toMatch(/^[A-Za-z0-9][A-Za-z0-9._-]*$/)
        } catch (error) {
          expect(error).toMatchObject({ reason: 'not-found' })
        }
      }),
    )
  })
})

test('a listing keeps what has an id and skips what has not', () => {
  const listing = parseListing(
    [
      `ID 257 gen 9 top level 256 path manila/shares/${a}`,
      `ID 258 gen 9 top level 256 path @/srv/manila/snapshots/${b}`,
      `ID 259 gen 9 top level 256 path manila/trash/${b}.250`,
      `ID 260 gen 9 top level 256 path manila/shares/by-hand`,
      `ID 261 gen 9 top level 5 path ${b}`,
      '',
    ].join('\n'),
  )
  expect([...listing.shares]).toEqual([[a, '257']])
  expect([...listing.snapshots]).toEqual([[b, '258']])
  expect(listing.trash).toEqual([`${b}.250`])
})

test('mounts are found by the deepest and newest one', () => {
  const text = [
    '27 0 254:0 / / rw shared:1 - ext4 /dev/vda rw',
    '44 27 0:43 / /var/my\\040pool rw - btrfs /dev/loop1 rw,subvol=/',
    '45 44 0:43 /manila/shares/x//deleted /var/my\\040pool/x rw - btrfs /dev/loop1 rw',
    '46 27 0:44 / /var/my\\040pool rw - btrfs /dev/loop2 rw',
    '',
  ].join('\n')
  const all = mounts(text)
  expect(all).toHaveLength(4)
  expect(mountOf('/var/my pool/file', all)?.source).toBe('/dev/loop2')
  expect(mountOf('/var/my poolside', all)?.fsType).toBe('ext4')
  expect(mountOf('/var/my pool/x/y', all)?.root).toBe('/manila/shares/x//deleted')
})

test('counters come from the file system that has the device', () => {
  const root = mkdtempSync(join(tmpdir(), 'manila-sysfs-'))
  try {
    const fs = join(root, '520533b0-dfc4-4cce-b078-d56f9f9f4149')
    mkdirSync(join(fs, 'devices/loop77'), { recursive: true })
    expect(qgroupsOf('/dev/loop77', root)?.mode()).toBe('none')
    mkdirSync(join(fs, 'qgroups/0_257'), { recursive: true })
    const put = (name: string, value: string) => writeFileSync(join(fs, 'qgroups', name), `${value}\n`)
    for (const [name, value] of Object.entries({ referenced: '20', exclusive: '10', max_referenced: '0' })) {
      put(`0_257/${name}`, value)
    }
    const qgroups = qgroupsOf('/dev/loop77', root)
    expect(qgroups?.mode()).toBe('full')
    expect(qgroups?.read('257')).toEqual({ referenced: 20, exclusive: 10, limit: null })
    expect(qgroups?.read('258')).toBeNull()
    put('mode', 'squota')
    put('inconsistent', '1')
    expect(qgroups?.mode()).toBe('simple')
    expect(qgroups?.inconsistent()).toBe(true)
    expect(qgroupsOf('/dev/loop78', root)).toBeNull()
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
})

describe('what a person has to mend', () => {
  test('a missing tool is named with its package', async () => {
    const missing = fakeExec().on('btrfs', { fails: 'missing' })
    const driver = btrfs.create(options({ directory: '/srv' }), parts(missing))
    await expect(driver.setup(call())).rejects.toMatchObject({
      reason: 'host-lacks',
      outcome: 'nothing-happened',
    })
    await expect(driver.setup(call())).rejects.toThrow('btrfs-progs')
  })

  test('a directory elsewhere is refused, and no call works before setup', async () => {
    const exec = fakeExec().on('btrfs --version', '').on('realpath', '/proc\n')
    const driver = btrfs.create(options({ directory: '/proc' }), parts(exec))
    await expect(driver.pools(call())).rejects.toMatchObject({ outcome: 'nothing-happened', retryAfterS: 5 })
    await expect(driver.setup(call())).rejects.toThrow('not on btrfs')
    expect(exec.calls.every(({ options: { fence } }) => fence === undefined)).toBe(true)
  })
})
