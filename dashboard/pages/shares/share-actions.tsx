/** What can be done with a share, from a list or from its own page, and the dialogs that ask first. */
import { useMutation } from '@tanstack/react-query'
import { deleteShare } from '../../../src/wire/shares/schema.ts'
import { useConsole } from '../../api/console.ts'
import type { usePermissions } from '../../api/permissions.ts'
import { present, type Action } from '../../ui/actions.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { useWords, type Words } from '../../words/index.ts'
import type { ShareView } from './queries.ts'

export type ShareAsked = { readonly what: 'delete'; readonly shares: readonly ShareView[] }

export function shareActions(
  { shares: w }: Words,
  permissions: ReturnType<typeof usePermissions>,
  share: ShareView,
  ask: (asked: ShareAsked) => void,
): readonly Action[] {
  const may = (action: string): { readonly whyNot: string | null } => {
    const { allowed, why } = permissions.verdict(share.id, action)
    return { whyNot: allowed ? null : (why ?? share.status) }
  }
  return present(
    !permissions.hidden(share.id, 'delete') && {
      key: 'delete',
      label: w.delete,
      danger: true,
      run: () => ask({ what: 'delete', shares: [share] }),
      ...may('delete'),
    },
  )
}

export function ShareDialog({ asked, close }: { readonly asked: ShareAsked; readonly close: () => void }) {
  const { shares: w } = useWords()
  const { client, queries } = useConsole()
  const { shares } = asked
  const only = shares.length === 1 ? shares[0] : undefined
  const name = only === undefined ? w.count(shares.length) : only.name || only.id.slice(0, 8)
  const remove = useMutation({
    mutationFn: async () => {
      for (const { id } of shares) await client.call(deleteShare, { params: { id } })
    },
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: ['shares'] }),
  })
  return (
    <Confirm
      title={w.deleteTitle(name)}
      verb={w.deleteVerb}
      danger
      typed={name}
      run={() => remove.mutate()}
      close={close}
      isSending={remove.isPending}
      error={remove.error}
    >
      <p>{w.deleteText}</p>
    </Confirm>
  )
}
