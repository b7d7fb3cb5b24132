/**
 * What is to be done, as a list of steps that one process does in turn (`steps.pl`). The list is made here and carried out
 * there, so that a test can end it after any step. Each step is one that can be cut short and done again.
 */
import { fileURLToPath } from 'node:url'
import { DriverError } from '../../contract/driver.ts'
import type { Commands } from '../../host/commands.ts'

const script = fileURLToPath(new URL('steps.pl', import.meta.url))

/** A name that `steps.pl` knows, and its arguments. */
export type Step = readonly [name: string, ...args: string[]]

/** What steps found out: of the image they came by last the UUID, where it is mounted, its length, that of its groups. */
export interface Found {
  readonly uuid: string
  readonly tree: string
  readonly bytes: number
  readonly group: number
  /** Other words, by name. */
  readonly said: ReadonlyMap<string, string>
}

/** Exit codes of `steps.pl`. */
const codes = {
  absent: 66,
  taken: 69,
  busy: 75,
  wouldLose: 76,
  noRoom: 77,
  unsuited: 78,
  served: 79,
} as const

/**
 * Does the steps. Throws `not-found` when what should be there is not or is not what it should be, `busy` when something is in
 * use, and what `Exec` throws for anything else.
 */
export async function carryOut(commands: Commands, steps: readonly Step[]): Promise<Found> {
  const argv = ['perl', script, process.arch]
  const options = { input: written(steps), okCodes: [0, ...Object.values(codes)] }
  const { code, stdout, stderr } = await commands.change(argv, options)
  const why = stderr.trim().split('\n', 1)[0] ?? ''
  if (code === codes.absent) throw new DriverError(why, 'nothing-happened', { reason: 'not-found' })
  if (code === codes.noRoom) throw new DriverError(why, 'no-room-here')
  if (code === codes.wouldLose)
    throw new DriverError(why, 'nothing-happened', { reason: 'shrink-would-lose-data' })
  if (code === codes.unsuited) throw new DriverError(why, 'nothing-happened', { reason: 'unsupported' })
  if (code === codes.served)
    throw new DriverError(why, 'maybe-happened', { reason: 'withdraw-first', retryAfterS: 5 })
  if (code !== 0) throw new DriverError(why, 'maybe-happened', { reason: 'busy', retryAfterS: 2 })
  const said = new Map(stdout.split('\n').map((line) => [line.split(' ', 1)[0] ?? '', rest(line)] as const))
  return {
    uuid: said.get('uuid') ?? '',
    tree: said.get('tree') ?? '',
    bytes: Number(said.get('bytes') ?? 0),
    group: Number(said.get('group') ?? 0),
    said,
  }
}

const rest = (line: string): string => line.slice(line.indexOf(' ') + 1)

function written(steps: readonly Step[]): string {
  const words = steps.flatMap(([name, ...args]) => [name, String(args.length), ...args])
  if (words.some((word) => word.includes('\0')))
    throw new DriverError('a path with a NUL in it', 'nothing-happened')
  return words.map((word) => `${word}\0`).join('')
}
