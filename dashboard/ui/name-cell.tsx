/** The first cell of a list of things: the name, and below it the id; on a phone, where nobody copies ids, the state in its place. */
import type { ReactNode } from 'react'
import { CopyButton, ShortId } from './copy.tsx'
import { useIsPhone } from './is-phone.ts'
import { Status } from './status.tsx'

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
      <>
        {children} <CopyButton text={id} what={`ID ${id.slice(0, 8)}`} />
      </>
    )
  return (
    <>
      {children}
      <div>{isPhone ? <Status status={status} /> : <ShortId id={id} />}</div>
    </>
  )
}
