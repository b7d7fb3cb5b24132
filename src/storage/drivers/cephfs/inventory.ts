/** What the subvolume group holds, by the instance ids it belongs to. */
import { withRemains } from '../../host/remains.ts'
import { isId, lookAll, nobody, places } from './volume.ts'
import type { Inventory } from '../../contract/driver.ts'
import type { Step, StepResult } from './agent.ts'
import type { Volume } from './volume.ts'

/** Three listings in one command: the group with its snapshots, and the records of who took over what, from both ends. */
export async function inventoryOf(volume: Volume): Promise<Inventory> {
  const { namesAll: path } = places(volume.options)
  const [names, ...found] = await lookAll(volume, [{ do: 'links', path }, ...listing(volume)])
  const { shares, snapshots, owners } = owned(found)
  const held = { shares: shares.map(({ id }) => id), snapshots: snapshots.map(({ id }) => id) }
  // Of what somebody took away without a word to the service.
  const noted = [...Object.keys(names?.value as object), ...Object.values(owners)]
  return withRemains(
    held,
    noted.filter((id) => id !== null),
  )
}

/** Where snapshot instance `id` is, or was when it was taken over, for whoever knows nothing of its share. */
export async function placesOf(
  volume: Volume,
  id: string,
): Promise<readonly { readonly of: string; readonly name: string }[]> {
  const { snapshots, owners } = owned(await lookAll(volume, listing(volume)))
  const there = snapshots.filter((one) => one.id === id)
  const noted = Object.keys(owners).flatMap((record) => {
    const [of = '', name] = record.split('@')
    return owners[record] === id && name !== undefined ? [{ of, name }] : []
  })
  const isThere = (one: { readonly of: string; readonly name: string }): boolean =>
    there.some(({ of, name }) => of === one.of && name === one.name)
  return [...there, ...noted.filter((one) => !isThere(one))]
}

function listing({ options }: Volume): readonly Step[] {
  const at = places(options)
  return [
    { do: 'list_each', path: at.group, below: '.snap' },
    { do: 'links', path: at.owners },
  ]
}

function owned([found, records]: readonly StepResult[]) {
  const owners = records?.value as Readonly<Record<string, string | null>>
  const all = Object.entries(found?.value as Readonly<Record<string, readonly string[]>>)
  return {
    owners,
    shares: all.flatMap(([of]) => ownerOf(of, owners[of]).map((id) => ({ id, of }))),
    snapshots: all.flatMap(([of, names]) =>
      names.flatMap((name) => ownerOf(name, owners[`${of}@${name}`]).map((id) => ({ id, of, name }))),
    ),
  }
}

/** The instance that a subvolume or snapshot belongs to; none for an administrator's and for what was let go. */
function ownerOf(name: string, owner: string | null | undefined): readonly string[] {
  if (owner === nobody) return []
  if (typeof owner === 'string') return [owner]
  return isId(name) ? [name] : []
}
