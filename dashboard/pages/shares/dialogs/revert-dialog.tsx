/** Back to the newest snapshot: what is lost is everything since. */
import { queryOptions, useMutation, useQuery } from '@tanstack/react-query'
import { revertShare } from '../../../../src/wire/shares/schema.ts'
import { listSnapshotsDetail } from '../../../../src/wire/snapshots/schema.ts'
import { useConsole, type Console } from '../../../api/console.ts'
import { listKey } from '../../../api/reads.ts'
import { CommandHint } from '../../../ui/command-hint.tsx'
import { Confirm } from '../../../ui/confirm.tsx'
import { Failure } from '../../../ui/failure.tsx'
import { FormDialog } from '../../../ui/form-dialog.tsx'
import { useFormat } from '../../../ui/format.ts'
import { visible } from '../../../ui/plain-text.tsx'
import { useWords } from '../../../words/index.ts'
import type { ShareView } from '../queries.ts'
import { nameOf } from '../../../ui/thing-name.ts'
import { shareCommands } from '../commands.ts'

const newestSnapshotQuery = ({ client }: Console, shareId: string) =>
  queryOptions({
    queryKey: listKey('snapshots', 'newest', shareId),
    queryFn: async () => {
      const query = { share_id: shareId, sort_key: 'created_at', sort_dir: 'desc', limit: 1 }
      return (await client.call(listSnapshotsDetail, { query })).snapshots[0] ?? null
    },
  })

export function RevertDialog({ share, close }: { readonly share: ShareView; readonly close: () => void }) {
  const { shares: w } = useWords()
  const console = useConsole()
  const format = useFormat()
  const newest = useQuery(newestSnapshotQuery(console, share.id))
  const snapshot = newest.data ?? null
  const revert = useMutation({
    mutationFn: () =>
      console.client.act(revertShare, {
        params: { id: share.id },
        body: { snapshot_id: snapshot?.id ?? '' },
      }),
    onSuccess: close,
    onSettled: () => console.queries.invalidateQueries({ queryKey: ['shares'] }),
  })
  const { title, verb } = w.deeds.revert
  if (snapshot === null) {
    return (
      <FormDialog
        title={title(nameOf(share))}
        verb={verb}
        run={() => {}}
        close={close}
        whyNot={w.texts.revertNone}
      >
        {newest.error === null ? null : <Failure error={newest.error} />}
      </FormDialog>
    )
  }
  return (
    <Confirm
      title={title(nameOf(share))}
      verb={verb}
      danger
      typed={nameOf(share)}
      run={() => revert.mutate()}
      close={close}
      isSending={revert.isPending}
      error={revert.error}
    >
      <p>{w.texts.revert(visible(nameOf(snapshot)), format.exact(snapshot.created_at))}</p>
      <p>{w.texts.revertNewest}</p>
      <CommandHint command={shareCommands.revert(snapshot.id)} />
    </Confirm>
  )
}
