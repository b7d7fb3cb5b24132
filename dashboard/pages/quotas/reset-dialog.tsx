/** Takes a quota back to the defaults. */
import { useMutation } from '@tanstack/react-query'
import { deleteQuotaSet } from '../../../src/wire/quotas/schema.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { useProjectNames } from '../admin/project-names.ts'
import { quotaCommands } from './commands.ts'
import { ownerQuery, type Owner } from './queries.ts'

export function ResetDialog({ owner, close }: { readonly owner: Owner; readonly close: () => void }) {
  const { quotas: w } = useWords()
  const { client, queries } = useConsole()
  const names = useProjectNames()
  const reset = useMutation({
    mutationFn: () =>
      client.call(deleteQuotaSet, { params: { id: owner.project }, query: ownerQuery(owner) }),
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: ['quotas'] }),
  })
  return (
    <Confirm
      title={w.resetTitle(visible(names.get(owner.project) ?? owner.project.slice(0, 8)))}
      verb={w.resetVerb}
      danger
      run={() => reset.mutate()}
      close={close}
      isSending={reset.isPending}
      error={reset.error}
    >
      <p>{w.resetText}</p>
      <CommandHint command={quotaCommands.reset(owner)} />
    </Confirm>
  )
}
