import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  boolFromSpec,
  boolSpec,
  booleanSpecs,
  checkSpec,
  checkSpecs,
  inferredDefaults,
  sizeLimits,
  storedSpec,
  tenantView,
  tenantVisibleSpecs,
  zonesSpec,
} from './extra-specs.ts'
import type { InferredSpec } from './extra-specs.ts'

describe('one spec', () => {
  test.each<[string, unknown, boolean]>([
    ['driver_handles_share_servers', true, true],
    ['driver_handles_share_servers', 'False', true],
    ['driver_handles_share_servers', 'maybe', false],
    ['snapshot_support', '<is> True', true],
    ['snapshot_support', '<IS>false', true],
    ['snapshot_support', '<is> yes', false],
    ['snapshot_support', '<in> True', false],
    ['replication_type', 'dr', true],
    ['replication_type', 'DR', false],
    ['encryption_support', 'share_server', true],
    ['encryption_support', 'all', false],
    ['availability_zones', 'a, b', true],
    ['availability_zones', 'a,,b', false],
    ['provisioning:max_share_size', '1', true],
    ['provisioning:max_share_size', '0', false],
    ['provisioning:min_share_size', '-1', false],
    ['provisioning:min_share_size', '1.5', false],
    ['provisioning:max_share_extend_size', 'many', false],
    ['provisioning:max_share_extend_size', '99999999999999999999', false],
    ['provisioning:mount_point_prefix', '{project_id}_', true],
    ['default_qos_type', 'gold', true],
    ['vendor:anything', '>= 5', true],
    ['ключ', 'x', true],
    ['has space', 'x', false],
    ['a/b', 'x', false],
    ['newline\n', 'x', false],
    ['', 'x', false],
    ['k'.repeat(255), 'x', true],
    ['k'.repeat(256), 'x', false],
    ['key', '', false],
    ['key', 'v'.repeat(255), true],
    ['key', 'v'.repeat(256), false],
    ['key', 5, true],
    ['key', 0.5, true],
    ['snapshot_support', 2, false],
    ['provisioning:max_share_size', 5, true],
    ['provisioning:max_share_size', 0, false],
    ['key', null, false],
    ['key', null, false],
    ['key', { a: 1 }, false],
  ])('%s = %j is accepted: %j', (key, value, accepted) => {
    const problem = checkSpec(key, value)
    expect(problem === null).toBe(accepted)
    if (problem !== null) expect(problem.problem).toContain(`'${key.slice(0, 255)}'`)
  })

  test('never throws, and what it accepts can be stored and read', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.constantFrom(...booleanSpecs)), fc.anything(), (key, value) => {
        if (checkSpec(key, value) !== null) return
        const stored = storedSpec(value as string | boolean)
        if ((booleanSpecs as readonly string[]).includes(key)) expect(boolFromSpec(stored)).not.toBeNull()
      }),
    )
  })
})

describe('a set of specs', () => {
  test('a new type needs the required ones; a change does not', () => {
    expect(checkSpecs({}, { complete: true })?.key).toBe('driver_handles_share_servers')
    expect(checkSpecs({}, { complete: false })).toBeNull()
    expect(checkSpecs({ driver_handles_share_servers: false }, { complete: true })).toBeNull()
  })

  test('smallest may not pass largest', () => {
    const limits = (min: string, max: string) =>
      checkSpecs(
        { 'provisioning:min_share_size': min, 'provisioning:max_share_size': max },
        { complete: false },
      )
    expect(limits('5', '5')).toBeNull()
    expect(limits('9', '10')).toBeNull()
    expect(limits('10', '9')?.problem).toContain('(10)')
  })
})

describe('reading', () => {
  test('booleans, zones, sizes', () => {
    expect(boolSpec({ snapshot_support: '<is> False' }, 'snapshot_support')).toBe(false)
    expect(boolSpec({}, 'snapshot_support')).toBeNull()
    expect(zonesSpec({ availability_zones: ' b, a,b ,' })).toEqual(['b', 'a'])
    expect(zonesSpec({})).toEqual([])
    expect(sizeLimits({ 'provisioning:min_share_size': '2', 'provisioning:max_share_size': 'x' })).toEqual({
      minGib: 2,
      maxGib: null,
      maxExtendGib: null,
    })
    expect([storedSpec(true), storedSpec(false), storedSpec('true')]).toEqual(['True', 'False', 'true'])
  })

  test('a tenant sees visible specs and inferred booleans, nothing else', () => {
    const specs = {
      driver_handles_share_servers: 'False',
      snapshot_support: 'True',
      'acme:secret': 'x',
      pool: 'p',
      isolated_clients: '<is> True',
    }
    expect(tenantView(specs, { infer: ['snapshot_support', 'mount_snapshot_support'] })).toEqual({
      driver_handles_share_servers: 'False',
      snapshot_support: 'True',
      mount_snapshot_support: false,
      isolated_clients: '<is> True',
    })
    const all = Object.keys(inferredDefaults) as InferredSpec[]
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.string()), (any) => {
        const seen = Object.keys(tenantView(any, { infer: all }))
        expect(seen.every((key) => (tenantVisibleSpecs as readonly string[]).includes(key))).toBe(true)
      }),
    )
  })
})
