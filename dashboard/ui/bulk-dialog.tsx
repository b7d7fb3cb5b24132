/**
 * One thing done with one or several: asked first, then told row by row how it goes. What can't be done with a row is said before, and
 * what failed with one does not keep the others from it.
 */
import { Progress, TextInput } from '@mantine/core'
import { IconAlertTriangleFilled, IconCheck, IconCircle, IconCircleHalf2 } from '@tabler/icons-react'
import { useState, type ReactNode } from 'react'
import { useWords } from '../words/index.ts'
import classes from './bulk-dialog.module.css'
import { FormDialog } from './form-dialog.tsx'
import { PlainText, visible } from './plain-text.tsx'

export interface BulkRow {
  readonly id: string
  readonly name: string
  /** Why it can't be done with this one; null = it can. */
  readonly whyNot: string | null
}

interface BulkDialogProps {
  readonly title: string
  readonly verb: string
  readonly rows: readonly BulkRow[]
  /** Throws what went wrong. */
  readonly each: (id: string) => Promise<unknown>
  readonly close: () => void
  /** When all have been tried. */
  readonly after: () => unknown
  readonly danger?: boolean
  /** To be typed first. */
  readonly typed?: string
  /** Why it can't begin yet. */
  readonly whyNot?: string | null
  readonly children: ReactNode
}

type State = 'waits' | 'doing' | 'done' | { readonly error: unknown }

/** At once: a service that counts requests is not flooded by one click. */
const atOnce = 4

export function BulkDialog(props: BulkDialogProps) {
  const { title, verb, rows, each, close, after, danger = false, typed, whyNot = null, children } = props
  const { bulk: w, common } = useWords()
  const [states, setStates] = useState<ReadonlyMap<string, State> | null>(null)
  const [text, setText] = useState('')
  const able = rows.filter((row) => row.whyNot === null)
  const unable = rows.filter((row) => row.whyNot !== null)
  const failed = able.filter(({ id }) => typeof states?.get(id) === 'object')
  const isRunning =
    states !== null && able.some(({ id }) => states.get(id) === 'waits' || states.get(id) === 'doing')
  // What can't be typed is not asked for.
  const wanted = typed === undefined || visible(typed) !== typed || typed.length > 80 ? undefined : typed
  const nobody = able.length === 0 ? unable[0]?.whyNot : null
  const untyped = wanted !== undefined && text !== wanted ? '' : null
  const blocked = whyNot ?? nobody ?? untyped

  const run = async (): Promise<void> => {
    const todo = states === null ? able : failed
    const now = new Map<string, State>(states ?? [])
    for (const { id } of todo) now.set(id, 'waits')
    const tell = (id: string, state: State): void => {
      now.set(id, state)
      setStates(new Map(now))
    }
    setStates(new Map(now))
    const queue = [...todo]
    const work = async (): Promise<void> => {
      for (let row = queue.shift(); row !== undefined; row = queue.shift()) {
        tell(row.id, 'doing')
        try {
          await each(row.id)
          tell(row.id, 'done')
        } catch (error) {
          tell(row.id, { error })
        }
      }
    }
    await Promise.all(Array.from({ length: atOnce }, work))
    await after()
    if (able.every(({ id }) => now.get(id) === 'done')) close()
  }

  const only = rows.length === 1 && failed.length === 1 ? states?.get(failed[0]?.id ?? '') : undefined
  const isAsked = states === null || (rows.length === 1 && !isRunning)
  return (
    <FormDialog
      title={title}
      verb={failed.length > 0 ? common.tryAgain : verb}
      danger={danger}
      run={() => void run()}
      close={close}
      isSending={isRunning}
      whyNot={isAsked ? blocked : null}
      error={typeof only === 'object' ? only.error : undefined}
    >
      {isAsked ? (
        <>
          {children}
          {rows.length > 1 && unable.length > 0 ? (
            <div>
              <p>{w.leftOut(unable.length)}</p>
              <ul className={classes.results}>
                {unable.map((row) => (
                  <Result key={row.id} name={row.name} tone="out" why={row.whyNot} />
                ))}
              </ul>
            </div>
          ) : null}
          {wanted === undefined ? null : (
            <TextInput
              label={common.typeToConfirm(wanted)}
              value={text}
              autoComplete="off"
              data-autofocus
              onChange={(event) => setText(event.currentTarget.value)}
            />
          )}
        </>
      ) : (
        <Told able={able} states={states} />
      )}
    </FormDialog>
  )
}

function Told({
  able,
  states,
}: {
  readonly able: readonly BulkRow[]
  readonly states: ReadonlyMap<string, State>
}) {
  const { bulk: w, service } = useWords()
  const ended = able.filter(
    ({ id }) => states.get(id) === 'done' || typeof states.get(id) === 'object',
  ).length
  const failed = able.filter(({ id }) => typeof states.get(id) === 'object').length
  return (
    <>
      <p role="status">{w.progress(ended, able.length, failed)}</p>
      <Progress value={(100 * ended) / Math.max(1, able.length)} size={4} aria-label={w.label} />
      <ul className={classes.results}>
        {able.map(({ id, name }) => {
          const state = states.get(id) ?? 'waits'
          return (
            <Result
              key={id}
              name={name}
              tone={typeof state === 'object' ? 'failed' : state}
              why={typeof state === 'object' ? visible(service.sentence(said(state.error))) : null}
            />
          )
        })}
      </ul>
    </>
  )
}

const icons = {
  out: IconCircle,
  waits: IconCircle,
  doing: IconCircleHalf2,
  done: IconCheck,
  failed: IconAlertTriangleFilled,
}

interface ResultProps {
  readonly name: string
  readonly tone: keyof typeof icons
  readonly why: string | null
}

function Result({ name, tone, why }: ResultProps) {
  const { bulk: w } = useWords()
  const Icon = icons[tone]
  return (
    <li>
      <Icon size={14} className={classes[tone]} aria-label={w.states[tone]} />
      <PlainText>{name}</PlainText>
      {why === null ? null : <span className={classes.why}>{why}</span>}
    </li>
  )
}

const said = (error: unknown): string => (error instanceof Error ? error.message : String(error))
