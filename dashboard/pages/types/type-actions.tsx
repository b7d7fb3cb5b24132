/** What can be done with a share type, and what is asked before it is deleted. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { deleteShareType } from '../../../src/wire/share-types/schema.ts'
import { listSharesDetail } from '../../../src/wire/shares/schema.ts'
import { useConsole } from '../../api/console.ts'
import { oneKey } from '../../api/reads.ts'
import { present, type Action } from '../../ui/actions.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { useWords, type Words } from '../../words/index.ts'
import { typeCommands } from './commands.ts'
import type { TypeView } from './queries.ts'

export interface TypeAsked {
  readonly what: 'delete'
  readonly type: TypeView
  /** Where one goes when it is gone. */
  readonly whenGone?: () => void
}

export function typeActions(
  { types: w }: Words,
  type: TypeView,
  ask: (asked: TypeAsked) => void,
  go: (to: { readonly to: string; readonly params: { readonly id: string } }) => void,
  whenGone?: () => void,
): readonly Action[] {
  return present(
    { key: 'edit', label: w.edit, run: () => go({ to: '/admin/types/$id/edit', params: { id: type.id } }) },
    {
      key: 'delete',
      label: w.delete,
      danger: true,
      run: () => ask({ what: 'delete', type, ...(whenGone === undefined ? {} : { whenGone }) }),
    },
  )
}

/** Shares of all projects that are of this type; null = the service does not tell. */
function useCountOfShares(typeId: string): number | null | undefined {
  const { client } = useConsole()
  const { data, isError } = useQuery({
    queryKey: oneKey('types', typeId, 'shares'),
    queryFn: async () => {
      const query = { share_type_id: typeId, all_tenants: 1, limit: 1, with_count: 'true' }
      const { count, shares } = await client.call(listSharesDetail, { query })
      return count ?? (shares.length === 0 ? 0 : null)
    },
  })
  return isError ? null : data
}

export function TypeDialog({ asked, close }: { readonly asked: TypeAsked; readonly close: () => void }) {
  const { types: w } = useWords()
  const { client, queries } = useConsole()
  const { type, whenGone } = asked
  const count = useCountOfShares(type.id)
  const remove = useMutation({
    mutationFn: () => client.call(deleteShareType, { params: { id: type.id } }),
    onSuccess: async () => {
      close()
      whenGone?.()
      await queries.invalidateQueries({ queryKey: ['types'] })
    },
  })
  return (
    <Confirm
      title={w.deleteTitle(visible(type.name))}
      verb={w.deleteVerb}
      danger
      typed={type.name}
      run={() => remove.mutate()}
      close={close}
      isSending={remove.isPending}
      error={remove.error}
    >
      <p>
        {count === undefined
          ? ''
          : count === null
            ? w.useNotKnown
            : count === 0
              ? w.usedByNone
              : w.usedBy(count)}
      </p>
      <p>{w.deleteText}</p>
      <CommandHint command={typeCommands.remove(type.id)} />
    </Confirm>
  )
}
