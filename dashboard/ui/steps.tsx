/** An operation step by step, with times; how far it is, and why it failed. */
import { Progress } from '@mantine/core'
import { IconCheck, IconCircle, IconCircleHalf2, IconArrowBackUp } from '@tabler/icons-react'
import type { OperationView } from '../../src/sdk/watch.ts'
import { useWords } from '../words/index.ts'
import { instant, useFormat } from './format.ts'
import classes from './steps.module.css'

const icons = { done: IconCheck, started: IconCircleHalf2, pending: IconCircle, undone: IconArrowBackUp }

export function Steps({ operation, now }: { readonly operation: OperationView; readonly now: number }) {
  const { operations, service } = useWords()
  const format = useFormat()
  const isRunning = operation.state === 'running' || operation.state === 'undoing'
  return (
    <div className={classes.steps}>
      {isRunning ? <Progress value={operation.progress} size={4} aria-label={operations.progress} /> : null}
      <ol>
        {operation.steps.map((step) => {
          const Icon = icons[step.state]
          const end = step.finished_at === null ? now : instant(step.finished_at)
          const ms = step.started_at === null ? null : Math.max(0, end - instant(step.started_at))
          return (
            <li key={step.name} className={classes[step.state]}>
              <Icon size={14} aria-hidden />
              <span>{service.step(step.name)}</span>
              <span className={classes.aside}>
                {operations.stepStates[step.state]}
                {ms === null ? null : ` · ${format.duration(ms)}`}
                {step.attempts > 1 ? ` · ${operations.tries(step.attempts)}` : null}
              </span>
            </li>
          )
        })}
      </ol>
    </div>
  )
}
