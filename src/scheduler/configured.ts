/** What the configuration tells the scheduler, checked before the first placement would fail of it. */
import { compileExpression } from './expression/expression.ts'
import { filtersNamed } from './filters/index.ts'
import { weighersNamed } from './weighers/index.ts'

interface Chains {
  readonly default_filters: readonly string[]
  readonly default_weighers: readonly string[]
}

/** Throws a sentence for a filter or weigher that nobody knows: no request could be placed. */
export function checkChains({ default_filters, default_weighers }: Chains): void {
  filtersNamed(default_filters)
  weighersNamed(default_weighers)
}

/** Sentences about names that nobody knows, each. */
export function chainProblems({ default_filters, default_weighers }: Chains): string[] {
  return [
    ...default_filters.flatMap((name) => problemOf(() => filtersNamed([name]))),
    ...default_weighers.flatMap((name) => problemOf(() => weighersNamed([name]))),
  ]
}

/** Sentences about the expressions of one backend. */
export function functionProblems(backend: {
  readonly filter_function: string
  readonly goodness_function: string
}): string[] {
  return (['filter_function', 'goodness_function'] as const).flatMap((name) => {
    const text = backend[name]
    return text === '' ? [] : problemOf(() => compileExpression(text)).map((why) => `${name}: ${why}`)
  })
}

function problemOf(attempt: () => unknown): string[] {
  try {
    attempt()
    return []
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}
