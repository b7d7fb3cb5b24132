/** Below the head of a snapshot, a group or a group snapshot: the newest work on it, and what helps where that went wrong. */
import { useQuery } from '@tanstack/react-query'
import { useConsole } from '../../api/console.ts'
import { ActionButton, helpful, type Action } from '../../ui/actions.tsx'
import { OperationPanel } from '../../ui/operation-panel.tsx'
import { toneOf } from '../../ui/status.tsx'
import { newestOperationQuery } from './queries.ts'
import classes from './shares.module.css'

interface ThingPanelProps {
  readonly thing: { readonly id: string; readonly status: string }
  readonly actions: readonly Action[]
}

export function ThingPanel({ thing: { id, status }, actions }: ThingPanelProps) {
  const operation = useQuery(newestOperationQuery(useConsole(), id))
  return (
    <div className={classes.panel}>
      <OperationPanel
        operation={operation.isLoading ? undefined : (operation.data ?? null)}
        status={status}
        actions={
          toneOf(status) === 'bad'
            ? helpful(actions).map((action) => <ActionButton key={action.key} action={action} />)
            : undefined
        }
      />
    </div>
  )
}
