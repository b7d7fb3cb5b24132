/** Whether an address may mount a share, by its rules. */
import { inNetworks, isNetwork } from '../../../../src/model/networks.ts'

export interface Rule {
  readonly id: string
  readonly access_type: string
  readonly access_to: string
  readonly access_level: string
  readonly state: string
}

/** The rule by which the address may, the best that there is: in force before not yet, writing before reading. Null = there is none. */
export function ruleFor<R extends Rule>(address: string, rules: readonly R[]): R | null {
  const fitting = rules.filter(
    ({ access_type, access_to, state }) =>
      access_type === 'ip' && !/deny/.test(state) && isNetwork(access_to) && inNetworks([access_to])(address),
  )
  const worth = ({ access_level, state }: R): number =>
    (state === 'active' ? 4 : state === 'error' ? 0 : 2) + (access_level === 'rw' ? 1 : 0)
  return [...fitting].sort((a, b) => worth(b) - worth(a))[0] ?? null
}

/** Of the users that rules of such a type let in, one that may write first. Null = there is none. */
export const userOf = (rules: readonly Rule[], type: 'user' | 'cephx'): Rule | null =>
  [...rules]
    .filter((rule) => rule.access_type === type && !/deny|error/.test(rule.state))
    .sort((a, b) => b.access_level.localeCompare(a.access_level))[0] ?? null
