/** Shows how far work is: one line redrawn on a terminal, a line for each step elsewhere. */
import type { Progress } from '../sdk/watch.ts'
import { escapeControls } from './output/escape.ts'
import { widthOf } from './output/width.ts'
import type { Session } from './session.ts'

export interface ProgressView {
  readonly show: (progress: Progress) => void
  /** Clears the bar; must be called before anything else is written. */
  readonly end: () => void
}

const barColumns = 24

/** `what` is what goes on, such as `create share a`. */
export function progressView(
  session: Pick<Session, 'note' | 'draw' | 'columns'>,
  what: string,
): ProgressView {
  const name = escapeControls(what)
  if (session.columns === null) return inLines(session, name)
  const { columns } = session
  let drawn = false
  return {
    show(progress) {
      session.draw(`\r\u001b[K${fitted(barLine(name, progress), columns - 1)}`)
      drawn = true
    },
    end() {
      if (drawn) session.draw('\r\u001b[K')
      drawn = false
    },
  }
}

/** `create share a [######------------------]  25 % backend 3 s`. */
export function barLine(name: string, { step, percent, elapsedMs }: Progress): string {
  const seconds = `${Math.floor(elapsedMs / 1000)} s`
  const safe = escapeControls(step)
  if (percent === null) return `${name}  ${safe}  ${seconds}`
  const share = Math.min(100, Math.max(0, percent))
  const filled = Math.round((share / 100) * barColumns)
  const bar = `${'#'.repeat(filled)}${'-'.repeat(barColumns - filled)}`
  return `${name} [${bar}] ${String(Math.round(share)).padStart(3)} %  ${safe}  ${seconds}`
}

function inLines(session: Pick<Session, 'note'>, name: string): ProgressView {
  let last = ''
  return {
    show({ step, percent, elapsedMs }) {
      if (step === last) return
      last = step
      const share = percent === null ? '' : `${Math.round(percent)} %, `
      session.note(`${name}: ${escapeControls(step)} (${share}${Math.floor(elapsedMs / 1000)} s)`)
    },
    end() {},
  }
}

/** Never wraps: a wrapped line could not be redrawn. */
function fitted(line: string, columns: number): string {
  let fits = ''
  for (const character of line) {
    if (widthOf(fits) + widthOf(character) > columns) break
    fits += character
  }
  return fits
}
