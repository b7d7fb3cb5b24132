/** Properties of a rule: what one wants to remember about it. They change nothing about who is let in. */
import { useMutation } from '@tanstack/react-query'
import { deleteAccessMetadata, updateAccessMetadata } from '../../../src/wire/access-rules/schema.ts'
import { useConsole } from '../../api/console.ts'
import { oneKey } from '../../api/reads.ts'
import { PairsDialog } from '../../ui/pairs-dialog.tsx'
import { useWords } from '../../words/index.ts'
import type { RuleView } from './queries.ts'
import { nameOfRule } from './rule-actions.tsx'

interface RulePropertiesProps {
  readonly rule: RuleView
  readonly shareId: string
  readonly close: () => void
}

export function RuleProperties({ rule, shareId, close }: RulePropertiesProps) {
  const { access: w } = useWords()
  const { client, queries } = useConsole()
  const save = useMutation({
    mutationFn: async (next: Readonly<Record<string, string>>) => {
      const before = rule.metadata ?? {}
      for (const key of Object.keys(before).filter((one) => !Object.hasOwn(next, one))) {
        await client.call(deleteAccessMetadata, { params: { id: rule.id, key } })
      }
      const changed = Object.entries(next).filter(([key, value]) => before[key] !== value)
      if (changed.length === 0) return
      await client.call(updateAccessMetadata, {
        params: { id: rule.id },
        body: { metadata: Object.fromEntries(changed) },
      })
    },
    onSuccess: close,
    onSettled: () => queries.invalidateQueries({ queryKey: oneKey('access-rules', shareId) }),
  })
  return (
    <PairsDialog
      title={w.propertiesTitle(nameOfRule(rule))}
      label={w.properties}
      record={rule.metadata ?? {}}
      save={save.mutate}
      isSending={save.isPending}
      error={save.error}
      close={close}
      command={(changed, gone) => [
        changed.length === 0
          ? null
          : ['manila', 'access', 'set', rule.id, ...changed.flatMap((pair) => ['--property', pair])],
        gone.length === 0
          ? null
          : ['manila', 'access', 'unset', rule.id, ...gone.flatMap((key) => ['--property', key])],
      ]}
    />
  )
}
