/** How a share group type ends. */
import { deleteShareGroupType } from '../../../src/wire/share-group-types/schema.ts'
import type { usePermissions } from '../../api/permissions.ts'
import type { Action } from '../../ui/actions.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { EndDialog } from '../../ui/thing-dialogs.tsx'
import { useWords, type Words } from '../../words/index.ts'
import { groupTypeCommands } from './commands.ts'
import type { GroupTypeView } from './queries.ts'

export function groupTypeActions(
  { things }: Words,
  permissions: ReturnType<typeof usePermissions>,
  type: GroupTypeView,
  ask: (type: GroupTypeView) => void,
): readonly Action[] {
  if (permissions.hidden(type.id, 'delete')) return []
  const { allowed, why } = permissions.verdict(type.id, 'delete')
  return [
    {
      key: 'delete',
      label: things.delete,
      danger: true,
      whyNot: allowed ? null : why,
      run: () => ask(type),
    },
  ]
}

interface DeleteDialogProps {
  readonly type: GroupTypeView
  readonly close: () => void
}

export function DeleteGroupType({ type: { id, name }, close }: DeleteDialogProps) {
  const { groupTypes: w } = useWords()
  return (
    <EndDialog
      called={visible(name)}
      nouns={['share-group-types']}
      close={close}
      typed={name}
      send={(client) => client.call(deleteShareGroupType, { params: { id } })}
      command={groupTypeCommands.remove(id)}
    >
      <p>{w.deleteText}</p>
    </EndDialog>
  )
}
