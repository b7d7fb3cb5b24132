import { plural } from '../plural.ts'

const many = plural('en')

export const messages = {
  title: 'Messages',
  count: (count: number) => many(count, { one: '# message', other: '# messages' }),
  what: 'What did not happen',
  about: 'About',
  level: 'Level',
  when: 'When',
  until: 'Kept until',
  action: 'Tried',
  emptyTitle: 'No messages',
  emptyText:
    'When something you asked for could not be done, the service leaves a message here that says why and what helps.',
  delete: 'Delete',
  deleteTitle: (what: string) => `Delete ${what}?`,
  deleteText: 'Only the message goes; what it is about stays as it is.',
  wholeProject: 'the project',
}
