/** How full something is: a bar and its figures. What is not known is said so, with the reason, and never shown as nothing. */
import { useWords } from '../words/index.ts'
import { useFormat } from './format.ts'
import classes from './meter.module.css'

interface MeterProps {
  /** Of what: for whoever listens. */
  readonly label: string
  /** Null = not known. */
  readonly used: number | null
  /** Null = without limit. */
  readonly total: number | null
  /** How a figure is written. */
  readonly show: (value: number) => string
  /** Why `used` is null. */
  readonly reason?: string | null
  /** The bar alone, its figures for whoever listens. */
  readonly bare?: boolean
}

export function Meter({ label, used, total, show, reason = null, bare = false }: MeterProps) {
  const { common, service } = useWords()
  const format = useFormat()
  if (used === null) {
    return (
      <span className={classes.unknown} title={reason === null ? undefined : service.sentence(reason)}>
        {total === null ? null : <span>{`${show(total)}\u00A0·\u00A0`}</span>}
        <span>{common.notKnown}</span>
      </span>
    )
  }
  if (total === null || total <= 0) return bare ? null : <span className={classes.figures}>{show(used)}</span>
  const part = Math.min(1, used / total)
  const tone = part >= 0.95 ? classes.bad : part >= 0.8 ? classes.warning : ''
  const says = `${common.of(show(used), show(total))}`
  return (
    <span className={classes.meter}>
      {bare ? null : <span className={classes.figures}>{says}</span>}
      <span
        role="meter"
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(part * 100)}
        aria-valuetext={`${says}, ${common.full(format.percent(part))}`}
        title={`${says}, ${common.full(format.percent(part))}`}
        className={classes.track}
      >
        <span className={`${classes.fill} ${tone}`} style={{ width: `${part * 100}%` }} />
      </span>
    </span>
  )
}
