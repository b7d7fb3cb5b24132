import { plural } from '../plural.ts'

const many = plural('en')

export const services = {
  title: 'Services',
  count: (count: number) => many(count, { one: '# service', other: '# services' }),
  program: 'Program',
  runs: 'What it does',
  does: {
    'manila-share': 'Serves the shares of its backend',
    'manila-scheduler': 'Chooses where shares are placed',
    'manila-data': 'Measures, copies and clears up',
    'manila-api': 'Answers requests',
    'manila-notifications': 'Tells others what changes',
  } as Readonly<Record<string, string>>,
  pools: (count: number) => many(count, { one: '# pool', other: '# pools' }),
  state: { up: 'up', down: 'down', stopped: 'stopped' },
  takesWork: 'takes new work',
  takesNone: 'takes no new work',
  work: 'New work',
  lasts: (time: string) => `for ${time}`,
  left: (count: number) =>
    count === 0 ? 'no shares left' : many(count, { one: '# share left', other: '# shares left' }),
  enable: 'Give it new work again',
  disable: 'Drain',
  disableTitle: (name: string) => `Give ${name} no new work?`,
  disableText:
    'Nothing new is placed there from now on. What lies there is served as before, and can be extended, snapshotted and deleted.',
  disableVerb: 'Drain it',
  whyLabel: 'Reason',
  whyHint: 'Other administrators see it.',
  reasonLong: 'at most 255 characters',
  ensure: 'Look after all shares',
  ensureTitle: (name: string) => `Look after every share of ${name}?`,
  ensureText:
    'Each share’s exports and rules are compared with what they should be and made so again. Clients notice nothing; it may take a while.',
  ensureVerb: 'Look after them',
  ensuring: 'looks after its shares',
  alreadyOn: 'It takes new work.',
  alreadyOff: 'It is drained already.',
  notUp: 'It is not up.',
  isEnsuring: 'It is under way.',
  notWell: (count: number) => many(count, { one: '# service is not up', other: '# services are not up' }),
  emptyTitle: 'No service has reported yet',
  emptyText: 'Each program of the service reports itself when it starts, and every few seconds after that.',
}
