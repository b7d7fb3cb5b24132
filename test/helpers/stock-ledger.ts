/** Which commands of a stock client, and which of their options, a session has used with success. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export interface StockCommand {
  readonly words: string
  /** A command of shares: only its option about groups is counted. */
  readonly ofShares: boolean
  /** The spellings of each option that is the command's own. */
  readonly options: readonly (readonly string[])[]
}

/** What the installed clients have of share groups: their own declarations, not a list of ours. */
export function stockGroupCommands(): Readonly<Record<'openstack' | 'manila', readonly StockCommand[]>> {
  const program = join(import.meta.dirname, '..', 'system', 'stock-options.py')
  return JSON.parse(execFileSync('/usr/bin/python3', [program], { encoding: 'utf8' })) as never
}

export interface Ledger {
  /** A line that succeeded; the command's words come first. */
  worked(args: readonly string[]): void
  /** `share group list --snapshot`, and `share group show` of a command that never worked at all. */
  readonly missing: () => readonly string[]
  /** `22 of 22 commands, 50 of 54 options`. */
  readonly sums: () => string
}

export function ledgerOf(commands: readonly StockCommand[]): Ledger {
  const options = commands.flatMap((one) => one.options.map((spellings) => ({ words: one.words, spellings })))
  const own = commands.filter(({ ofShares }) => !ofShares).map(({ words }) => words)
  const all = [...own, ...options.map(nameOf)]
  const seen = new Set<string>()
  const seenOf = (names: readonly string[]): string =>
    `${names.filter((name) => seen.has(name)).length} of ${names.length}`
  return {
    worked(args) {
      const line = `${args.join(' ')} `
      const found = commands
        .filter(({ words }) => line.startsWith(`${words} `))
        .toSorted((a, b) => b.words.length - a.words.length)[0]
      if (found === undefined) return
      seen.add(found.words)
      for (const spellings of found.options)
        if (spellings.some((one) => args.includes(one))) seen.add(nameOf({ words: found.words, spellings }))
    },
    missing: () => all.filter((name) => !seen.has(name)).toSorted(),
    sums: () => `${seenOf(own)} commands, ${seenOf(options.map(nameOf))} options`,
  }
}

const nameOf = ({ words, spellings }: { words: string; spellings: readonly string[] }): string =>
  `${words} ${spellings[0]}`
