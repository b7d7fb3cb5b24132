import { plural } from '../plural.ts'

const many = plural('en')

export const groupSnapshots = {
  title: 'Group snapshots',
  count: (count: number) => many(count, { one: '# group snapshot', other: '# group snapshots' }),
  all: 'All group snapshots',
  create: 'Take group snapshot',
  of: 'Of group',
  group: 'Share group',
  noGroup: 'Name the group first.',
  form: 'A snapshot is taken of every share in it, or of none.',
  member: 'Share',
  noMembers: 'The group was empty when it was taken',
  clone: 'New group from it',
  emptyTitle: 'No group snapshots yet',
  emptyText:
    'A group snapshot is one of every share in a group. A new group can begin with it, each share with its content of then.',
  deleteText:
    'What only their snapshots in it hold is lost for good; the group and its shares stay as they are.',
}
