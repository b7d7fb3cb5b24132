/** Bodies about shares as the verbs take them. */
import type { Static } from 'typebox'
import type { CreateShareInput } from '../../app/shares/new-share.ts'
import { invalid } from '../../model/errors.ts'
import type { NewShare } from '../../wire/shares/schema.ts'
import { truth } from '../../wire/types.ts'

/** What the body of a create, or of its dry run, asks for. */
export function newShareInput(share: Static<typeof NewShare>): CreateShareInput {
  if (typeof share.share_type === 'string' && typeof share.volume_type === 'string') {
    throw invalid('only one of share.share_type and share.volume_type may be given')
  }
  return {
    protocol: share.share_proto,
    sizeGib: share.size === null ? null : wholeGib('share.size', share.size),
    name: share.name ?? share.display_name ?? null,
    description: share.description ?? share.display_description ?? null,
    shareType: emptyIsNull(share.share_type ?? share.volume_type),
    snapshotId: emptyIsNull(share.snapshot_id),
    shareNetworkId: emptyIsNull(share.share_network_id),
    availabilityZone: emptyIsNull(share.availability_zone),
    metadata: share.metadata ?? {},
    isPublic: truth(share.is_public ?? false),
    shareGroupId: emptyIsNull(share.share_group_id),
    hints: share.scheduler_hints ?? {},
    mountPointName: emptyIsNull(share.mount_point_name),
    encryptionKeyRef: emptyIsNull(share.encryption_key_ref),
  }
}

/** The schema lets digits in a string through; this makes the number. */
export function wholeGib(field: string, value: number | string): number {
  const size = Number(value)
  if (!Number.isInteger(size) || size < 1) throw invalid(`${field} must be a whole number of GiB above 0`)
  return size
}

export const emptyIsNull = (text: string | null | undefined): string | null =>
  text === undefined || text === null || text === '' ? null : text
