/** Shows each step as it happens and how long it took. */
import { styleText } from 'node:util'

export interface Steps {
  /** Runs `body` under a title; its result's text, if any, ends the line. */
  step<T>(title: string, body: () => Promise<T>, told?: (result: T) => string): Promise<T>
  line(text: string): void
}

const seconds = (ms: number): string => (ms < 950 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`)

export function steps(write: (text: string) => void = (text) => void process.stdout.write(text)): Steps {
  const mark = (good: boolean): string => (good ? styleText('green', '✓') : styleText('red', '✗'))
  return {
    async step(title, body, told) {
      const start = performance.now()
      if (process.stdout.isTTY) write(`  … ${title}\r`)
      try {
        const result = await body()
        const more = told?.(result) ?? ''
        const time = styleText('dim', seconds(performance.now() - start))
        write(`  ${mark(true)} ${title}${more === '' ? '' : `: ${more}`}  ${time}\n`)
        return result
      } catch (error) {
        write(`  ${mark(false)} ${title}: ${error instanceof Error ? error.message : String(error)}\n`)
        throw error
      }
    },
    line: (text) => write(`${text}\n`),
  }
}
