import { describe, expect, it } from 'vitest'
import type { ChangeView } from '../../src/sdk/events.ts'
import { listKey, oneKey, readAgain } from './reads.ts'

const change = (resource_type: string, resource_id: string): ChangeView => ({
  event: `${resource_type}.status`,
  resource_type,
  resource_id,
  project_id: 'p',
  status: null,
  request_id: null,
  operation_id: null,
  created_at: '2026-11-27T00:00:00.000000',
})

describe('what an event makes old', () => {
  it('is the lists of its noun, and the one thing that it speaks of', () => {
    const changes = [change('share', 'a')]
    expect(readAgain(listKey('shares', { status: 'error' }), changes)).toBe(true)
    expect(readAgain(oneKey('shares', 'a'), changes)).toBe(true)
    expect(readAgain(oneKey('shares', 'a', 'export-locations'), changes)).toBe(true)
    expect(readAgain(oneKey('shares', 'b'), changes)).toBe(false)
  })

  it('is what it costs and what may be done with it, too', () => {
    const changes = [change('share', 'a')]
    for (const noun of ['limits', 'quotas', 'operations', 'permissions'] as const)
      expect(readAgain(listKey(noun), changes), noun).toBe(true)
  })

  it('is nothing of other nouns, and nothing for what nobody knows', () => {
    expect(readAgain(listKey('types'), [change('share', 'a')])).toBe(false)
    expect(readAgain(listKey('pools'), [change('snapshot', 'a')])).toBe(false)
    expect(readAgain(listKey('shares'), [change('something-new', 'a')])).toBe(false)
    expect(readAgain(listKey('shares'), [])).toBe(false)
  })
})
