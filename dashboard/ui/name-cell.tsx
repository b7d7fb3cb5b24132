/** The first cell of a list of things: the name, and below it the id; on a phone, where nobody copies ids, the state in its place. */
import type { ReactNode } from 'react'
import { ShortId } from './copy.tsx'
import { useIsPhone } from './is-phone.ts'
import { Status } from './status.tsx'

interface NameCellProps {
  readonly id: string
  readonly status: string
  /** The name, as a link. */
  readonly children: ReactNode
}

/** Goes with a column of the state that is left out on phones (`from: 'tablet'`). */
export function NameCell({ id, status, children }: NameCellProps) {
  const isPhone = useIsPhone()
  return (
    <>
      {children}
      <div>{isPhone ? <Status status={status} /> : <ShortId id={id} />}</div>
    </>
  )
}
