import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { samplePolicy } from '../../src/policy/listing.ts'

test('the sample policy is what is kept; after a meant change: npm run golden', () => {
  expect(samplePolicy()).toBe(readFileSync(join(import.meta.dirname, 'policy.sample.yaml'), 'utf8'))
})
