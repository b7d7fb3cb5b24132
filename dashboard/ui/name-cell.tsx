/** The first cell of a list of things: the name, and below it the id where that is not the name; on a phone, where nobody copies ids, the state in its place. */
import type { ReactNode } from 'react'
import { CopyButton, ShortId } from './copy.tsx'
import { useIsPhone } from './is-phone.ts'
import { Status } from './status.tsx'
import classes from './name-cell.module.css'

interface NameCellProps {
  readonly id: string
  readonly status: string
  /** False where what stands for the name is its id already. */
  readonly isNamed: boolean
  /** The name, as a link. */
  readonly children: ReactNode
}

/** Goes with a column of the state that is left out on phones (`from: 'tablet'`). */
export function NameCell({ id, status, isNamed, children }: NameCellProps) {
  const isPhone = useIsPhone()
  if (!isNamed && !isPhone)
    return (
      <span className={classes.unnamed}>
        {children}
        <CopyButton text={id} what={`ID ${id.slice(0, 8)}`} />
      </span>
    )
  return (
    <>
      {children}
      <div>{isPhone ? <Status status={status} /> : <ShortId id={id} />}</div>
    </>
  )
}
