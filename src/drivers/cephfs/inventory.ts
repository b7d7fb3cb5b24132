/** What the subvolume group holds, by the instance ids it belongs to. */
import { isId, lookAll, nobody, places } from './volume.ts'
import type { Inventory } from '../driver.ts'
import type { Volume } from './volume.ts'

/** Two listings in one command: the group with its snapshots, and the records of who took over what. */
export async function inventoryOf(volume: Volume): Promise<Inventory> {
  const at = places(volume.options)
  const [found, records] = await lookAll(volume, [
    { do: 'list_each', path: at.group, below: '.snap' },
    { do: 'links', path: at.owners },
  ])
  const owners = records?.value as Readonly<Record<string, string | null>>
  const all = Object.entries(found?.value as Readonly<Record<string, readonly string[]>>)
  return {
    shares: all.flatMap(([name]) => ownerOf(name, owners[name])),
    snapshots: all.flatMap(([name, snapshots]) =>
      snapshots.flatMap((snapshot) => ownerOf(snapshot, owners[`${name}@${snapshot}`])),
    ),
  }
}

/** The instance that a subvolume or snapshot belongs to; none for an administrator's and for what was let go. */
function ownerOf(name: string, owner: string | null | undefined): readonly string[] {
  if (owner === nobody) return []
  if (typeof owner === 'string') return [owner]
  return isId(name) ? [name] : []
}
