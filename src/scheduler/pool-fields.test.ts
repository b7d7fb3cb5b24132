import { expect, test } from 'vitest'
import { lookUp } from '../model/extra-spec-match.ts'
import { backendOf, poolFields, replicationDomain, valueText } from './pool-fields.ts'
import { samplePool } from './pool-sample.ts'

test('looks up own values only', () => {
  const from = { a: { b: 1 }, list: [5], text: 'abc' }
  expect(lookUp(from, ['a', 'b'])).toBe(1)
  expect(lookUp(from, [])).toBe(from)
  for (const path of [
    ['a', 'c'],
    ['a', 'b', 'c'],
    ['constructor'],
    ['a', '__proto__'],
    ['list', '0'],
    ['text', 'length'],
  ]) {
    expect(lookUp(from, path)).toBeUndefined()
  }
  expect(lookUp(null, ['a'])).toBeUndefined()
})

test('what the database knows stands above what the driver said', () => {
  const capabilities = {
    free_capacity_gb: 1e9,
    share_backend_name: 'x',
    compression: true,
    allocated_capacity_gb: 7,
  }
  expect(poolFields(samplePool('h@b#p', { freeGib: null, capabilities }))).toMatchObject({
    free_capacity_gb: 'unknown',
    total_capacity_gb: 100,
    share_backend_name: 'b',
    compression: true,
    allocated_capacity_gb: 7,
  })
})

test('names and values', () => {
  expect(backendOf('h@b#p#q')).toBe('h@b')
  expect(backendOf('h@b')).toBe('h@b')
  const domain = (replication_domain: unknown) =>
    replicationDomain(samplePool('h@b#p', { capabilities: { replication_domain } }))
  expect(['east', '', 5, undefined].map(domain)).toEqual(['east', null, null, null])
  expect(valueText([true, 'x', { a: 1 }])).toBe('[true, x, (not a single value)]')
  expect(valueText('y'.repeat(500)).length).toBe(101)
})
