/** What each typed line means, whether it can be sent, and what the service answered. */
import { ApiError } from '../../../src/sdk/api-error.ts'
import type { AccessType } from '../../../src/model/access.ts'
import { useFormat } from '../../ui/format.ts'
import { visible } from '../../ui/plain-text.tsx'
import { useWords, type Words } from '../../words/index.ts'
import classes from './access.module.css'
import type { Note, Target } from './targets.ts'

export interface Sent {
  readonly target: Target
  /** Null = it went through. */
  readonly error: unknown
}

interface TargetLinesProps {
  readonly type: AccessType
  readonly targets: readonly Target[]
  readonly sent: readonly Sent[]
  readonly isSending: boolean
}

/** More than one reads at a glance. */
const shownAtMost = 50

export function TargetLines({ targets, sent, isSending }: TargetLinesProps) {
  const { access: w } = useWords()
  const format = useFormat()
  const done = sent.filter(
    ({ error, target }) => error === null && !targets.some(({ text }) => text === target.text),
  )
  if (targets.length === 0 && done.length === 0) return null
  return (
    <ul className={classes.lines} aria-label={w.lines} aria-live="polite">
      {done.map(({ target }) => (
        <li key={`done ${target.text}`}>
          <code>{visible(target.to)}</code>
          <span className={classes.ok}>{w.sent.done}</span>
        </li>
      ))}
      {targets.slice(0, shownAtMost).map((target, index) => {
        const answer = sent.find((one) => one.target.text === target.text)
        const isBlocked =
          target.problem !== null || target.notes.some(({ is }) => is === 'exists' || is === 'twice')
        return (
          // The same text may stand twice.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={`${index} ${target.text}`}>
            <code>{visible(target.to).slice(0, 200)}</code>
            <span>{w.levels[target.level]}</span>
            <span
              className={`${classes.says} ${target.problem !== null || (answer?.error ?? null) !== null ? classes.bad : ''}`}
            >
              {target.problem !== null
                ? visible(target.problem)
                : answer !== undefined && answer.error !== null
                  ? visible(answer.error instanceof ApiError ? answer.error.message : String(answer.error))
                  : answer !== undefined
                    ? w.sent.done
                    : isSending && !isBlocked
                      ? w.sent.sending
                      : target.notes.map((note) => noteText(w, format.number, note)).join(' · ') ||
                        w.notes.ready}
            </span>
          </li>
        )
      })}
    </ul>
  )
}

function noteText({ notes }: Words['access'], number: (value: number) => string, note: Note): string {
  switch (note.is) {
    case 'network':
      return notes.network(
        note.addresses < 10n ** 12n
          ? number(Number(note.addresses))
          : `2^${note.addresses.toString(2).length - 1}`,
      )
    case 'respelled':
    case 'mapped':
      return notes[note.is](note.as)
    default:
      return notes[note.is]
  }
}
