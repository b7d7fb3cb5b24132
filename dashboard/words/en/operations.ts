import { plural } from '../plural.ts'

const many = plural('en')

export const operations = {
  progress: 'Progress of the operation',
  stepStates: { pending: 'waits', started: 'under way', done: 'done', undone: 'undone' },
  tries: (count: number) => many(count, { one: '# try', other: '# tries' }),
  underWay: (kind: string) => `${kind} is under way`,
  hasFailed: (kind: string) => `${kind} failed`,
  goesOn: 'It goes on by itself, also when you leave this page.',
  canRepeat: 'The same may succeed later.',
  show: 'Show the steps',
}
