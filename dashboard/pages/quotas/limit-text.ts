/** How a limit, or what is used of it, is written. */
import { useFormat } from '../../ui/format.ts'
import { useWords } from '../../words/index.ts'
import { isGib } from './limits.ts'

export function useLimitText(): (resource: string, value: number) => string {
  const { quotas: w } = useWords()
  const format = useFormat()
  return (resource, value) => {
    if (value < 0) return w.unlimited
    if (!isGib(resource)) return format.number(value)
    // As it was set: 10,000 GiB are not nearly 9.8 TiB to whoever counts what is left.
    return `${format.number(value)} GiB`
  }
}
