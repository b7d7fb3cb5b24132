/**
 * Metadata of any resource: read, merge, replace, delete. It knows pairs, their limits and which keys are the
 * administrators'; whose they are and who may touch them is settled by whoever makes the {@link MetadataOwner}.
 */
import type { Ctx } from '../context.ts'
import { holdRow } from '../../db/store/limits.ts'
import { metadataOf, removePairs, writePairs, type MetadataTable } from '../../db/store/metadata.ts'
import { fault, invalid } from '../../model/errors.ts'
import { roomForMetadata } from '../limits.ts'

export interface MetadataOwner {
  readonly table: MetadataTable
  readonly id: string
  /** Whose limit the items count towards; null: bounded with the resource alone. */
  readonly projectId: string | null
  /** The table of the resource itself. */
  readonly resource: 'shares' | 'snapshots' | 'access_rules' | 'share_instance_export_locations'
  /** Keys that need `adminRule`; PUT by others leaves them alone. */
  readonly adminKeys: readonly string[]
  readonly adminRule: string | null
  /** What keys must look like besides being 1 to 255 characters long. */
  readonly keyPattern?: RegExp
  /** Called after a change with the pairs written and the keys removed, in the transaction. */
  readonly changed?: (written: Pairs, removed: readonly string[]) => Promise<void>
}

type AdminKeys = Pick<MetadataOwner, 'adminKeys' | 'adminRule'>

export type Pairs = Readonly<Record<string, string>>

export async function readAll(ctx: Ctx, owner: MetadataOwner): Promise<Pairs> {
  return (await metadataOf(ctx.db, owner.table, [owner.id])).get(owner.id) ?? {}
}

/** 404 when the key is not there. */
export async function readOne(ctx: Ctx, owner: MetadataOwner, key: string): Promise<Pairs> {
  const pairs = await readAll(ctx, owner)
  if (!Object.hasOwn(pairs, key)) throw fault('MetadataItemNotFound', { key: key.slice(0, 64) })
  return { [key]: pairs[key] ?? '' }
}

export async function merge(ctx: Ctx, owner: MetadataOwner, pairs: Pairs): Promise<Pairs> {
  refuseAdminKeys(ctx, owner, Object.keys(pairs))
  await write(ctx, owner, pairs, [])
  return pairs
}

/** Everything else goes, except what only administrators write. Answers what was sent. */
export async function replace(ctx: Ctx, owner: MetadataOwner, pairs: Pairs): Promise<Pairs> {
  refuseAdminKeys(ctx, owner, Object.keys(pairs))
  const privileged = mayWriteAdminKeys(ctx, owner)
  const gone = Object.keys(await readAll(ctx, owner)).filter(
    (key) => !Object.hasOwn(pairs, key) && (privileged || !owner.adminKeys.includes(key)),
  )
  await write(ctx, owner, pairs, gone)
  return pairs
}

/** One item under its own URL: the body must name that key and nothing else. */
export async function writeOne(
  ctx: Ctx,
  owner: MetadataOwner,
  key: string,
  pairs: Pairs | undefined,
): Promise<Pairs> {
  const keys = Object.keys(pairs ?? {})
  if (pairs === undefined || keys.length !== 1) throw invalid('metadata must have exactly one item')
  if (keys[0] !== key) throw invalid("metadata must name the URL's own key")
  return merge(ctx, owner, pairs)
}

export async function removeOne(ctx: Ctx, owner: MetadataOwner, key: string): Promise<void> {
  await readOne(ctx, owner, key)
  refuseAdminKeys(ctx, owner, [key])
  await write(ctx, owner, {}, [key])
}

async function write(ctx: Ctx, owner: MetadataOwner, pairs: Pairs, gone: readonly string[]): Promise<void> {
  refuseUnfit(owner, pairs)
  // Two requests that each add a little must not both be counted before the other.
  await holdRow(ctx.tx, owner.resource, owner.id)
  const before = Object.keys(await readAll(ctx, owner))
  const present = before.filter((key) => !gone.includes(key)).length
  const adding = Object.keys(pairs).filter((key) => !before.includes(key) || gone.includes(key)).length
  await roomForMetadata(ctx, owner.projectId, { adding, present })
  await removePairs(ctx.tx, owner.table, owner.id, gone)
  await writePairs(ctx.tx, owner.table, owner.id, pairs)
  await owner.changed?.(pairs, gone)
}

/** Keys of 1 to 255 characters and values of 1 to 1023, the widths of Manila's columns. */
export function refuseUnfit(owner: Pick<MetadataOwner, 'keyPattern'>, pairs: Pairs): void {
  for (const [key, value] of Object.entries(pairs)) {
    if (key === '' || key.length > 255) throw invalid('metadata keys must have 1 to 255 characters')
    if (value === '' || value.length > 1023) {
      throw invalid(`metadata.${key.slice(0, 64)} must have 1 to 1023 characters`)
    }
    if (owner.keyPattern !== undefined && !owner.keyPattern.test(key)) {
      throw invalid('metadata keys must be letters, digits, -, _, :, . and spaces')
    }
  }
}

function mayWriteAdminKeys(ctx: Ctx, owner: AdminKeys): boolean {
  return owner.adminRule === null || ctx.policy.check(owner.adminRule, ctx.identity)
}

/** 403 when a key is one that only administrators write and the caller is none; asked wherever metadata is given, at birth too. */
export function refuseAdminKeys(ctx: Ctx, owner: AdminKeys, keys: readonly string[]): void {
  const reserved = keys.filter((key) => owner.adminKeys.includes(key))
  if (reserved.length === 0 || mayWriteAdminKeys(ctx, owner)) return
  throw fault('Refused', { message: `Only administrators write the metadata ${reserved.join(', ')}.` })
}
