/** Properties of a rule: what one wants to remember about it. They change nothing about who is let in. */
import { deleteAccessMetadata, updateAccessMetadata } from '../../../src/wire/access-rules/schema.ts'
import { useConsole } from '../../api/console.ts'
import { oneKey } from '../../api/reads.ts'
import { PairsDialog } from '../../ui/pairs-dialog.tsx'
import { useWords } from '../../words/index.ts'
import { accessCommands } from './commands.ts'
import type { RuleView } from './queries.ts'
import { nameOfRule } from './rule-name.ts'

interface RulePropertiesProps {
  readonly rule: RuleView
  readonly shareId: string
  readonly close: () => void
}

export function RuleProperties({ rule, shareId, close }: RulePropertiesProps) {
  const { access: w } = useWords()
  const { client, queries } = useConsole()
  const { id } = rule
  return (
    <PairsDialog
      title={w.propertiesTitle(nameOfRule(rule))}
      label={w.properties}
      record={rule.metadata ?? {}}
      remove={(key) => client.call(deleteAccessMetadata, { params: { id, key } })}
      merge={(metadata) => client.call(updateAccessMetadata, { params: { id }, body: { metadata } })}
      after={() => queries.invalidateQueries({ queryKey: oneKey('access-rules', shareId) })}
      close={close}
      command={(set, unset) => accessCommands.properties(id, set, unset)}
    />
  )
}
