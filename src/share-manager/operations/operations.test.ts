import { describe, expect, it } from 'vitest'
import { allPlans } from '../../model/operations.ts'
import { eachStepTwice, failAtEachStep } from '../laws.fixture.ts'

const plans = allPlans()

describe.each(plans)('$kind $version', ({ kind, version }) => {
  it('ends in the same world when every step runs twice, or dies before its record', async () => {
    const { plain, twice, killed, laws } = await eachStepTwice(kind, version)
    expect(laws).toEqual([])
    expect(twice).toEqual(plain)
    expect(killed).toEqual(plain)
  })

  it('leaves nothing behind when it fails at any step', async () => {
    for (const walk of await failAtEachStep(kind, version)) {
      expect(walk, `${walk.when} ${walk.step}`).toMatchObject({ state: 'failed', laws: [] })
      if (kind !== 'ensure-shares') expect(walk.messages, `${walk.when} ${walk.step}`).toBeGreaterThan(0)
    }
  })
})
