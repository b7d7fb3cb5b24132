/** True when something has lasted for 200 ms: what comes sooner needs no sign that it is awaited, and one that flickers disturbs. */
import { useEffect, useState } from 'react'

export function useLate(isWaiting: boolean): boolean {
  const [isLate, setLate] = useState(false)
  useEffect(() => {
    if (!isWaiting) return setLate(false)
    const timer = setTimeout(() => setLate(true), 200)
    return () => clearTimeout(timer)
  }, [isWaiting])
  return isLate && isWaiting
}
