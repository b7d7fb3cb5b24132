import { expect, it } from 'vitest'
import type { Plans } from '../model/operations.ts'
import { agreementOf, announcement, ownPlans, versionToBegin, type Agreement } from './agreement.ts'

const plan = { resource: 'share', deadlineS: 1, steps: [['one', 'share']] } as const
const parent = {
  ...plan,
  steps: [
    ['start', 'share', { starts: ['child'] }],
    ['join', 'share', { joins: 'start' }],
  ],
} as const
const plans: Plans = { plain: { 1: plan, 2: plan, 3: plan }, child: { 2: plan }, parent: { 1: parent } }
const knowing = (...keys: readonly string[]): Agreement => ({
  knows: (kind, version) => keys.includes(`${kind}@${version}`),
})

it('new work is written as the newest version that all processes know', () => {
  expect(versionToBegin('plain', knowing('plain@1', 'plain@2'), plans)).toBe(2)
  expect(versionToBegin('plain', knowing('plain@3'), plans)).toBe(3)
  // Somebody will take it.
  expect(versionToBegin('plain', knowing(), plans)).toBe(1)
})

it('what has children waits until all processes know those too', () => {
  expect(versionToBegin('parent', knowing('parent@1'), plans)).toBeNull()
  expect(versionToBegin('parent', knowing('child@2'), plans)).toBeNull()
  expect(versionToBegin('parent', knowing('parent@1', 'child@2'), plans)).toBe(1)
})

it('a process that announces nothing, or nothing that can be read, knows the first versions', () => {
  const mixed = agreementOf([announcement, null])
  expect(mixed.knows('create-share', 1)).toBe(true)
  expect(mixed.knows('create-share', 2)).toBe(false)
  expect(agreementOf([announcement, '{']).knows('create-share', 2)).toBe(false)
  expect(agreementOf([announcement]).knows('extend-share', 1)).toBe(ownPlans.knows('extend-share', 1))
  expect(agreementOf([announcement]).knows('of-tomorrow', 1)).toBe(false)
})
