/** Whether the window is a phone's: the same width at which style sheets leave columns away. */
import { useSyncExternalStore } from 'react'

const query = '(max-width: 700px)'

const subscribe = (changed: () => void): (() => void) => {
  const list = matchMedia(query)
  list.addEventListener('change', changed)
  return () => list.removeEventListener('change', changed)
}

export const useIsPhone = (): boolean => useSyncExternalStore(subscribe, () => matchMedia(query).matches)
