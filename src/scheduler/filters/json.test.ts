import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { jsonFilter } from './json.ts'
import { samplePool, samplePrepared } from '../pool-sample.ts'

const pool = samplePool('h1@alpha#p1', {
  freeGib: 40,
  capabilities: { vendor_name: 'Acme', storage_protocol: ['NFS', 'CIFS'], netapp: { raid: 'dp' }, qos: true },
})

function why(query: unknown): string | null {
  const text = typeof query === 'string' ? query : JSON.stringify(query)
  return jsonFilter.judge(samplePrepared({ query: text }))(pool)
}

test.each<[unknown, boolean]>([
  ['', true],
  [[], true],
  [['=', '$vendor_name', 'Acme'], true],
  [['=', '$vendor_name', 'acme'], false],
  [['=', '$capabilities.vendor_name', 'Acme'], true],
  [['>=', '$free_capacity_gb', 40], true],
  [['<', '$free_capacity_gb', 40], false],
  [['>', '$total_capacity_gb', '$free_capacity_gb'], true],
  [['<=', 1, 2, 3, 1], true],
  [['<=', 2, 3, 1], false],
  [['in', '$vendor_name', 'Acme', 'Other'], true],
  [['in', 'NFS', '$storage_protocol'], true],
  [['in', 'HDFS', '$storage_protocol'], false],
  [['=', '$netapp.raid', 'dp'], true],
  [['and', ['=', 1, 1], ['or', ['=', 1, 2], '$qos']], true],
  [['not', ['=', 1, 1]], false],
  [['not', ['=', 1, 1], ['=', 1, 2]], true],
  // A field the pool lacks is left out, and a comparison of one thing with nothing is false.
  [['=', '$nothing', 1], false],
  [['=', '$constructor.name', 'Object'], false],
  [['<', '$vendor_name', 5], false],
])('%j → %j', (query, passes) => {
  expect(why(query) === null).toBe(passes)
})

test.each([
  ['{', 'it is not JSON'],
  [['like', 1, 1], 'it has no operator "like"'],
  [[['=', 1, 1]], 'it has no operator ["=",1,1]'],
  [['=', { a: 1 }, 1], 'it holds an object'],
  [`${'["not",'.repeat(40)}1${']'.repeat(40)}`, 'nested deeper than 32'],
  [`["=", "${'a'.repeat(5000)}"]`, 'longer than 4096'],
])('%j refuses: %s', (query, part) => {
  expect(why(query)).toContain(part)
})

test('any text gives a verdict, soon', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (text) => ['string', 'object'].includes(typeof why(text))),
  )
  const started = performance.now()
  why('['.repeat(4096))
  expect(performance.now() - started).toBeLessThan(500)
})

test('not, and, or obey De Morgan', () => {
  fc.assert(
    fc.property(fc.boolean(), fc.boolean(), (a, b) => {
      const passes = (query: unknown) => why(query) === null
      expect(passes(['not', ['and', a, b]])).toBe(passes(['or', ['=', a, false], ['=', b, false]]))
    }),
  )
})
