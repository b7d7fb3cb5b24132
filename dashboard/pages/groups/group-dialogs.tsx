/** Dialogs about share groups: each says what will happen, in words and numbers, before it does. */
import { useQuery } from '@tanstack/react-query'
import { resettableStatuses } from '../../../src/model/states.ts'
import {
  deleteShareGroup,
  forceDeleteShareGroup,
  resetShareGroupStatus,
  updateShareGroup,
} from '../../../src/wire/share-groups/schema.ts'
import { useConsole } from '../../api/console.ts'
import { useProblemAt } from '../../ui/problem-at.ts'
import { EndDialog, RenameDialog, ResetDialog } from '../../ui/thing-dialogs.tsx'
import { called, nameOf } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import { groupSnapshotsQuery } from '../group-snapshots/queries.ts'
import { sharesQuery } from '../shares/queries.ts'
import { groupCommands } from './commands.ts'
import type { GroupView } from './queries.ts'

export interface GroupAsked {
  readonly what: 'rename' | 'reset' | 'delete' | 'force'
  readonly group: GroupView
}

export function GroupDialog({ asked, close }: { readonly asked: GroupAsked; readonly close: () => void }) {
  const { groups: w } = useWords()
  const problemAt = useProblemAt()
  const { what, group } = asked
  const { id, name, description } = group
  const params = { id }
  const of = { called: called(group), nouns: ['share-groups', 'shares', 'limits'], close } as const
  switch (what) {
    case 'rename':
      return (
        <RenameDialog
          {...of}
          name={name}
          description={description}
          problem={(changed, field) =>
            problemAt(updateShareGroup.body, { share_group: changed }, `share_group.${field}`)
          }
          save={(client, changed) =>
            client.call(updateShareGroup, { params, body: { share_group: changed } })
          }
          command={(changed) => groupCommands.rename(id, changed)}
        />
      )
    case 'reset':
      return (
        <ResetDialog
          {...of}
          statuses={resettableStatuses}
          reset={(client, status) => client.act(resetShareGroupStatus, { params, body: { status } })}
          command={(status) => groupCommands.reset(id, status)}
        >
          {w.resetText}
        </ResetDialog>
      )
    case 'delete':
      return (
        <EndDialog
          {...of}
          typed={nameOf(group)}
          send={(client) => client.call(deleteShareGroup, { params })}
          command={groupCommands.remove([id])}
        >
          <p>{w.deleteText}</p>
        </EndDialog>
      )
    case 'force':
      return (
        <EndDialog
          {...of}
          typed={nameOf(group)}
          send={(client) => client.act(forceDeleteShareGroup, { params, body: null })}
          command={groupCommands.forceRemove(id)}
        >
          <Holdings group={group} />
          <p>{w.forceText}</p>
        </EndDialog>
      )
  }
}

/** What goes along, in numbers. */
function Holdings({ group }: { readonly group: GroupView }) {
  const { groupSnapshots, shares: s } = useWords()
  const console = useConsole()
  const shares = useQuery(sharesQuery(console, { group: group.id, all: '1' })).data
  const snapshots = useQuery(groupSnapshotsQuery(console, { group: group.id, all: '1' })).data
  if (shares === undefined || snapshots === undefined) return null
  const more = (hasOlder: boolean): string => (hasOlder ? '+' : '')
  return (
    <ul>
      <li>{s.count(shares.count ?? shares.rows.length)}</li>
      <li>
        {groupSnapshots.count(snapshots.rows.length)}
        {more(snapshots.hasOlder)}
      </li>
    </ul>
  )
}
