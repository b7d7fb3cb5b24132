/** What stands in a line of its own below a row's name where its column has no room. */
import type { ReactNode } from 'react'
import { useIsPhone } from './is-phone.ts'

export function OnPhone({ children }: { readonly children: ReactNode }) {
  return useIsPhone() ? <div>{children}</div> : null
}
