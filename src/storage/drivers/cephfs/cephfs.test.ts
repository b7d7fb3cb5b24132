import { describe, expect, test } from 'vitest'
import { codes, expectAll, failureOf } from './agent.ts'
import { complete } from './bench.fixture.ts'
import { cephfsOptions } from './config.ts'
import { checkedId, checkedName, infoFrom, knownName, places, subvolume } from './volume.ts'
import type { Step } from './agent.ts'

const options = complete(cephfsOptions, {})
const id = '11111111-1111-4111-8111-111111111111'
const site = { options, dataPool: 'd', statePool: 'd' }
const step: Step = subvolume(site, 'info', id)

describe('what a code means', () => {
  const meaning = (code: number) => {
    const { outcome, reason, retryAfterS } = failureOf(step, { code, err: 'why' })
    return [outcome, reason, retryAfterS]
  }

  test('each of the three outcomes', () => {
    expect(meaning(codes.notFound)).toEqual(['nothing-happened', 'not-found', null])
    expect(meaning(codes.stale)).toEqual(['nothing-happened', 'not-found', null])
    expect(meaning(codes.full)).toEqual(['no-room-here', null, null])
    expect(meaning(codes.overQuota)).toEqual(['no-room-here', null, null])
    expect(meaning(codes.again)).toEqual(['nothing-happened', 'busy', 10])
    expect(meaning(codes.notEmpty)).toEqual(['nothing-happened', 'busy', 10])
    expect(meaning(codes.notPermitted)).toEqual(['nothing-happened', 'host-lacks', 60])
    expect(meaning(-5)).toEqual(['maybe-happened', null, 5])
  })

  test('only the last step can have failed, and only with a code it does not expect', () => {
    const ready = [{ code: 0 }, { code: codes.notFound }]
    expect(() => expectAll([step, step], ready)).toThrow('fs subvolume info')
    expect(expectAll([step, { ...step, ok: [codes.notFound] }], ready)).toBe(ready)
    expect(expectAll([step, { ...step, ok: 'any' }], ready)).toBe(ready)
  })
})

describe('names', () => {
  test('ids and names that would walk are refused', () => {
    for (const bad of ['', '.', '..', '../x', 'a/b', '-rf', '_nogroup', 'a\0b', 'a\nb', '@', 'a@b']) {
      expect(() => checkedId(bad)).toThrow('not an instance id')
      expect(() => checkedName(bad)).toThrow('not a name')
      expect(() => knownName({ id, state: { subvolume: bad } })).toThrow('not a name')
      expect(() => places(options).owner(bad)).toThrow('not a name')
      expect(() => subvolume(site, 'rm', bad)).toThrow('not a name')
    }
    expect(knownName({ id, state: {} })).toBe(id)
  })

  test('the answer of info is read, and nothing outside /volumes is taken for a share', () => {
    const out = JSON.stringify({ path: '/volumes/manila/x/y', bytes_quota: 'infinite', bytes_used: 3 })
    expect(infoFrom({ code: 0, out })).toMatchObject({ quotaBytes: null, usedBytes: 3, monitors: [] })
    expect(() => infoFrom({ code: 0, out: '{"path":"/etc"}' })).toThrow('no path')
  })
})
