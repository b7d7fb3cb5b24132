/** What is left of ids under names that begin with them: half made, half deleted, mounted or noted. */
import { basename } from 'node:path'
import { mounts } from './mountinfo.ts'
import type { Commands } from './commands.ts'
import type { Inventory } from '../contract/driver.ts'

const named = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})(?:\.[A-Za-z0-9]+)?$/

/** `held` with the ids of `names` (`<id>`, `<id>.<what>`) that are in neither of its lists; other names are skipped. */
export function withRemains(
  held: { readonly shares: Iterable<string>; readonly snapshots: Iterable<string> },
  names: Iterable<string>,
): Inventory {
  const [shares, snapshots] = [new Set(held.shares), new Set(held.snapshots)]
  const remains = new Set<string>()
  for (const name of names) {
    const id = named.exec(name)?.[1]
    if (id !== undefined && !shares.has(id) && !snapshots.has(id)) remains.add(id)
  }
  return { shares: [...shares], snapshots: [...snapshots], remains: [...remains] }
}

/** Names in `folders`, in one command; a folder that is not there has none. */
export async function namesIn(commands: Commands, folders: readonly string[]): Promise<readonly string[]> {
  const options = { okCodes: [0, 2], maxOutputBytes: 64 * 1024 * 1024 }
  return (await commands.look(['ls', '-A', '--', ...folders], options)).stdout.split('\n')
}

/** Last elements of the paths at which something is mounted below `folder`. */
export const mountedBelow = (folder: string): readonly string[] =>
  mounts().flatMap(({ path }) => (path.startsWith(`${folder}/`) ? [basename(path)] : []))
