/** An operation step by step, with times; how far it is, and at which step it failed. */
import { Progress } from '@mantine/core'
import { IconArrowBackUp, IconCheck, IconCircle, IconCircleHalf2, IconX } from '@tabler/icons-react'
import type { OperationView } from '../../src/sdk/watch.ts'
import { useWords } from '../words/index.ts'
import { instant, useFormat } from './format.ts'
import classes from './steps.module.css'
import { spaced } from './status.tsx'

const icons = {
  done: IconCheck,
  started: IconCircleHalf2,
  pending: IconCircle,
  undone: IconArrowBackUp,
  failed: IconX,
  cut: IconX,
  unreached: IconCircle,
}

type Step = OperationView['steps'][number]

/** Nothing waits or is under way in what has ended. */
function shownState({ state }: Step, hasEnded: boolean): keyof typeof icons {
  if (hasEnded && state === 'pending') return 'unreached'
  return hasEnded && state === 'started' ? 'cut' : state
}

export function Steps({ operation, now }: { readonly operation: OperationView; readonly now: number }) {
  const { operations } = useWords()
  const format = useFormat()
  const isRunning = operation.state === 'running' || operation.state === 'undoing'
  const end = operation.finished_at === null ? now : instant(operation.finished_at)
  return (
    <div className={classes.steps}>
      {isRunning ? <Progress value={operation.progress} size={4} aria-label={operations.progress} /> : null}
      <ol>
        {operation.steps.map((step) => {
          const state = shownState(step, operation.finished_at !== null)
          const Icon = icons[state]
          const until = step.finished_at === null ? end : instant(step.finished_at)
          const ms = step.started_at === null ? null : Math.max(0, until - instant(step.started_at))
          return (
            <li key={step.name} className={classes[state]}>
              <Icon size={14} aria-hidden />
              <span>{spaced(step.name)}</span>
              <span className={classes.aside}>
                {operations.stepStates[state]}
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
