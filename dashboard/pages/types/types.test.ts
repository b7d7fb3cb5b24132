import { describe, expect, it } from 'vitest'
import { de } from '../../words/de/index.ts'
import { en } from '../../words/en/index.ts'
import type { PoolView } from '../pools/queries.ts'
import { lint } from './lint.ts'
import { changesOf, knownSpecs, problemOfLines } from './spec-guide.ts'

const pool = (name: string, capabilities: object): PoolView => ({
  id: name,
  name,
  host: 'h',
  backend: 'b',
  pool: name,
  capabilities: { driver_handles_share_servers: false, ...capabilities },
})
const pools = [
  pool('plain', { snapshot_support: false, tier: 'silver' }),
  pool('fast', { snapshot_support: true, tier: 'silver' }),
]

describe('the lint of a share type', () => {
  it('names the pools that satisfy it', () => {
    const answer = lint({ driver_handles_share_servers: 'False', snapshot_support: 'True' }, pools)
    expect(answer.fits.map(({ name }) => name)).toEqual(['fast'])
    expect(answer.others.map((one) => [one.pool.name, one.missing.map(({ key }) => key)])).toEqual([
      ['plain', ['snapshot_support']],
    ])
    expect(answer.nowhere).toEqual([])
  })

  it('names what no pool has, and the pool that lacks least first', () => {
    const answer = lint({ snapshot_support: 'True', tier: 'gold' }, pools)
    expect([answer.fits, answer.nowhere]).toEqual([[], ['tier']])
    expect(answer.others.map((one) => one.pool.name)).toEqual(['fast', 'plain'])
  })

  it('blames nothing when there are no pools', () => {
    expect(lint({ tier: 'gold' }, [])).toEqual({ fits: [], others: [], nowhere: [] })
  })
})

describe('the specs of a form', () => {
  it('are judged by the law of the service, at their line', () => {
    expect(problemOfLines([{ key: 'snapshot_support', value: 'True' }])).toBeNull()
    expect(
      problemOfLines([
        { key: 'tier', value: 'gold' },
        { key: 'snapshot_support', value: 'maybe' },
      ])?.line,
    ).toBe(1)
    expect(problemOfLines([{ key: '', value: 'x' }])?.line).toBe(0)
    expect(
      problemOfLines([
        { key: 'tier', value: 'a' },
        { key: 'tier', value: 'b' },
      ])?.line,
    ).toBe(1)
    expect(
      problemOfLines([
        { key: 'provisioning:max_share_size', value: '5' },
        { key: 'provisioning:min_share_size', value: '6' },
      ])?.line,
    ).toBe(1)
  })

  it('offer only values that the service takes', () => {
    for (const { key, values = [], example } of knownSpecs)
      for (const value of [...values, ...(example === undefined ? [] : [example])])
        expect([key, problemOfLines([{ key, value }])]).toEqual([key, null])
  })

  it('have a meaning in every language', () => {
    for (const words of [en, de])
      expect(knownSpecs.filter(({ key }) => (words.types.meanings[key] ?? '') === '')).toEqual([])
  })

  it('are written and removed where they differ, and nowhere else', () => {
    expect(changesOf({ a: '1', b: '2', c: '3' }, { a: '1', b: '9', d: '4' })).toEqual({
      write: { b: '9', d: '4' },
      remove: ['c'],
    })
  })
})
