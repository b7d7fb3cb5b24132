/** A share goes back to its newest snapshot: what is lost, what stays, what clients see. */
import { useMutation } from '@tanstack/react-query'
import { revertShare } from '../../../src/wire/shares/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { useFormat } from '../../ui/format.ts'
import { visible } from '../../ui/plain-text.tsx'
import { called } from '../../ui/thing-name.ts'
import { useWords } from '../../words/index.ts'
import type { ShareView } from '../shares/queries.ts'
import { snapshotCommands } from './commands.ts'
import type { SnapshotView } from './queries.ts'

interface RevertDialogProps {
  readonly snapshot: SnapshotView
  readonly share: ShareView
  readonly close: () => void
}

export function RevertDialog({ snapshot, share, close }: RevertDialogProps) {
  const { snapshots: w } = useWords()
  const format = useFormat()
  const { client, queries } = useConsole()
  const name = share.name || share.id.slice(0, 8)
  const revert = useMutation({
    mutationFn: () =>
      client.act(revertShare, { params: { id: share.id }, body: { snapshot_id: snapshot.id } }),
    onSuccess: close,
    onSettled: () =>
      Promise.all(
        ['shares', 'snapshots', 'operations', 'permissions'].map((noun) =>
          queries.invalidateQueries({ queryKey: [noun] }),
        ),
      ),
  })
  return (
    <Confirm
      title={w.revertTitle(visible(name).slice(0, 80), called(snapshot))}
      verb={w.revertVerb}
      danger
      typed={name}
      run={() => revert.mutate()}
      close={close}
      isSending={revert.isPending}
      error={revert.error}
    >
      <p>{w.revertLost(format.exact(snapshot.created_at))}</p>
      {snapshot.size === share.size ? null : <p>{w.revertSize(format.size(snapshot.size))}</p>}
      <p>{w.revertClients}</p>
      <p>{w.revertKeeps}</p>
      <CommandHint command={snapshotCommands.revert(snapshot.id)} />
    </Confirm>
  )
}
