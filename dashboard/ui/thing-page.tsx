/** What the page of one thing begins with: whether it is there, what it is called, how it is, and what can be done with it. */
import type { ReactNode } from 'react'
import { isNotFound } from '../../src/sdk/api-error.ts'
import { useWords } from '../words/index.ts'
import { HeadActions, type Action } from './actions.tsx'
import { ShortId } from './copy.tsx'
import { Failure } from './failure.tsx'
import { PageHead } from './page.tsx'
import { visible } from './plain-text.tsx'
import { Status } from './status.tsx'
import { Time } from './time.tsx'
import type { ListedThing } from './thing-columns.tsx'
import { nameOf } from './thing-name.ts'

interface ReadProps<Thing> {
  readonly read: {
    readonly data: Thing | undefined
    readonly error: unknown
    readonly refetch: () => unknown
  }
  /** Where to go from one that is gone: a link to all of them. */
  readonly all: ReactNode
  readonly show: (thing: Thing) => ReactNode
}

/** What was read, however old, with what is wrong with reading it. What it was is no use to whoever reads that it is gone. */
export function Read<Thing>({ read: { data, error, refetch }, all, show }: ReadProps<Thing>) {
  if (isNotFound(error)) return <Failure error={error} next={all} />
  const failure = error === null ? null : <Failure error={error} again={() => void refetch()} />
  if (data === undefined) return failure
  return (
    <>
      {failure}
      {show(data)}
    </>
  )
}

interface ThingHeadProps {
  readonly thing: ListedThing
  /** Between its id and when it was made. */
  readonly line?: ReactNode
  readonly actions: readonly Action[]
  /** Beside the menu, for what is done most. */
  readonly inView: readonly string[]
}

export function ThingHead({ thing, line, actions, inView }: ThingHeadProps) {
  const { common } = useWords()
  const name = nameOf(thing)
  return (
    <PageHead
      title={visible(name)}
      aside={<Status status={thing.status} />}
      line={
        <>
          <ShortId id={thing.id} />
          {line}
          <span>
            {common.created} <Time at={thing.created_at} />
          </span>
        </>
      }
      actions={<HeadActions name={name} actions={actions} inView={inView} />}
    />
  )
}
