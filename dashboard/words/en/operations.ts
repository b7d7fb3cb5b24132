import { plural } from '../plural.ts'

const many = plural('en')

export const operations = {
  progress: 'Progress of the operation',
  stepStates: {
    pending: 'waits',
    started: 'under way',
    done: 'done',
    undone: 'undone',
    failed: 'failed',
    cut: 'cut short',
    unreached: 'not begun',
  },
  tries: (count: number) => many(count, { one: '# try', other: '# tries' }),
  underWay: (kind: string) => `${kind} is under way`,
  hasFailed: (kind: string) => `${kind} failed`,
  isUndone: (kind: string) => `${kind} is being taken back`,
  lastTry: 'The last try did not succeed.',
  wasCancelled: (kind: string) => `${kind} was cancelled`,
  unexplained: 'Nothing that was done with it last says why',
  unexplainedText: 'Its messages may, and whoever set its status knows.',
  goesOn: 'It goes on by itself, also when you leave this page.',
  canRepeat: 'The same may succeed later.',
  show: 'Show the steps',
}
