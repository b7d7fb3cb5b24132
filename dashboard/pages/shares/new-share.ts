/** The form of a new share: what is typed, and the request that it is. */
import type { Static } from 'typebox'
import type { CreateShare } from '../../../src/wire/shares/schema.ts'
import { recordOf, type Pair } from '../../ui/pairs.ts'

export interface NewShareForm {
  readonly name: string
  readonly description: string
  /** GiB. */
  readonly size: number
  /** Name; null = the service's default. */
  readonly type: string | null
  readonly protocol: string
  readonly zone: string | null
  /** Id; null = empty. */
  readonly snapshot: string | null
  /** Id of the share group that it is made in; null = of none. */
  readonly group: string | null
  readonly isPublic: boolean
  readonly metadata: readonly Pair[]
  readonly mountPointName: string
  /** Share ids with commas. */
  readonly sameHost: string
  readonly differentHost: string
  readonly onlyHost: string
}

export const blankShare: NewShareForm = {
  name: '',
  description: '',
  size: 1,
  type: null,
  protocol: 'NFS',
  zone: null,
  snapshot: null,
  group: null,
  isPublic: false,
  metadata: [],
  mountPointName: '',
  sameHost: '',
  differentHost: '',
  onlyHost: '',
}

export const hintsOf = (form: NewShareForm): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({
      same_host: form.sameHost.trim(),
      different_host: form.differentHost.trim(),
      only_host: form.onlyHost.trim(),
    }).filter(([, value]) => value !== ''),
  )

interface Named {
  readonly id: string
  readonly name: string
  readonly is_default?: boolean
}

/**
 * What was typed, as far as what it is made from or in leaves a choice: a share from a snapshot has its protocol and is not smaller; one in
 * a group is where the group is, and of one of its `types`.
 */
export function formIn(
  typed: NewShareForm,
  source: { readonly share_proto: string; readonly size: number } | undefined,
  group: { readonly availability_zone?: string | null } | undefined,
  types: readonly Named[],
): NewShareForm {
  const preferred = types.find(({ is_default }) => is_default === true) ?? types[0]
  return {
    ...typed,
    ...(source === undefined
      ? {}
      : { protocol: source.share_proto, size: Math.max(typed.size, source.size) }),
    ...(group === undefined
      ? {}
      : { type: typed.type ?? preferred?.name ?? null, zone: group.availability_zone ?? null }),
  }
}

/** What is empty is not sent: the service has its own defaults. */
export function bodyOf(form: NewShareForm): Static<typeof CreateShare> {
  const metadata = recordOf(form.metadata)
  const hints = hintsOf(form)
  return {
    share: {
      share_proto: form.protocol,
      size: form.size,
      ...(form.name === '' ? {} : { name: form.name }),
      ...(form.description === '' ? {} : { description: form.description }),
      ...(form.type === null ? {} : { share_type: form.type }),
      ...(form.zone === null ? {} : { availability_zone: form.zone }),
      ...(form.snapshot === null ? {} : { snapshot_id: form.snapshot }),
      ...(form.group === null ? {} : { share_group_id: form.group }),
      ...(form.isPublic ? { is_public: true } : {}),
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
      ...(Object.keys(hints).length === 0 ? {} : { scheduler_hints: hints }),
      ...(form.mountPointName === '' ? {} : { mount_point_name: form.mountPointName }),
    },
  }
}
