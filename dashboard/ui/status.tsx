/** A state as icon, word and colour together. */
import {
  IconAlertTriangleFilled,
  IconCircle,
  IconCircleFilled,
  IconCircleHalf2,
  IconClock,
} from '@tabler/icons-react'
import { useWords } from '../words/index.ts'
import classes from './status.module.css'

export type Tone = 'ok' | 'working' | 'warning' | 'bad' | 'off'

const good = new Set(['available', 'active', 'done', 'enabled', 'up', 'success', 'ok'])
const off = new Set([
  'inactive',
  'disabled',
  'unmanaged',
  'cancelled',
  'deleted',
  'down',
  'off',
  'soft_deleted',
])

/** Of any noun of the service: its words follow one grammar. A word that nobody knew yet reads as under way. */
export function toneOf(status: string): Tone {
  if (good.has(status)) return 'ok'
  if (/error|failed|failure/.test(status)) return 'bad'
  if (off.has(status)) return 'off'
  return /^(waiting|pending|queued)/.test(status) ? 'off' : 'working'
}

const icons = {
  ok: IconCircleFilled,
  working: IconCircleHalf2,
  warning: IconClock,
  bad: IconAlertTriangleFilled,
  off: IconCircle,
}

interface StatusProps {
  readonly status: string
  /** Where the word alone does not say it. */
  readonly tone?: Tone
  /** In place of the status's own words. */
  readonly word?: string
}

export function Status({ status, tone = toneOf(status), word }: StatusProps) {
  const { service } = useWords()
  const Icon = icons[tone]
  return (
    <span className={`${classes.status} ${classes[tone]}`}>
      <Icon size={tone === 'bad' ? 14 : 11} aria-hidden className={classes.icon} />
      {word ?? service.status(status)}
    </span>
  )
}
