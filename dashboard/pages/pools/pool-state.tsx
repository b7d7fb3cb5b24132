/** How a pool is, in the same words in the list, in the picture and on its page. */
import { useFormat } from '../../ui/format.ts'
import { Status, type Tone } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import type { Capacity } from './capacity.ts'
import classes from './pool-state.module.css'
import type { Grade } from './topology.ts'

export const tones: Readonly<Record<Grade, Tone>> = {
  fine: 'ok',
  tight: 'warning',
  off: 'off',
  full: 'bad',
  down: 'bad',
}

/** `fullness`: 0 to 1, of the pool that the grade is of; only then "full" and "nearly full" are told apart. */
export function useGradeWord(): (grade: Grade, fullness?: number | null) => string {
  const { pools: w } = useWords()
  return (grade, fullness = null) =>
    ({
      fine: w.fine,
      tight: w.tight,
      off: w.backendDisabled,
      full: fullness === 1 ? w.isFull : w.isOver,
      down: w.backendDown,
    })[grade]
}

/** Part of a backend that is not well is not well either. */
export function PoolState({ grade, fullness }: { readonly grade: Grade; readonly fullness: number | null }) {
  const wordOf = useGradeWord()
  return <Status status={grade} tone={tones[grade]} word={wordOf(grade, fullness)} />
}

/** What is written of how much, and what is promised besides, at the two ends of a line below a bar. */
export function CapacityFigures({ capacity }: { readonly capacity: Capacity }) {
  const { common, pools: w } = useWords()
  const format = useFormat()
  const { used, total, placed } = capacity
  return (
    <span className={classes.figures}>
      <span>
        {used === null || total === null ? common.notKnown : common.of(format.size(used), format.size(total))}
      </span>
      {placed === 0 ? null : <span className={classes.promised}>{w.promisedOf(format.size(placed))}</span>}
    </span>
  )
}
