import { expect, test } from 'vitest'
import type { Core } from './core.ts'
import { schedulerRole } from './scheduler.ts'

test.each([
  [
    { default_filters: ['CapasityFilter'], default_weighers: [] },
    "There is no scheduler filter 'CapasityFilter'; known: ",
  ],
  [
    { default_filters: [], default_weighers: ['GoodWeigher'] },
    "There is no scheduler weigher 'GoodWeigher'; known: ",
  ],
])('a start refuses names that no placement could use: %j', async (scheduler, sentence) => {
  // Nothing else is touched before.
  const core = { settings: { scheduler } } as unknown as Core
  await expect(schedulerRole(core, 1)).rejects.toThrow(sentence)
})
