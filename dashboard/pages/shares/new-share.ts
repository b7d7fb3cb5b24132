/** The form of a new share: what is typed, the request that it is, and the command that does the same. */
import type { Static } from 'typebox'
import { ApiError } from '../../../src/sdk/api-error.ts'
import type { CreateShare } from '../../../src/wire/shares/schema.ts'
import { command } from '../../ui/shell-quote.ts'
import { visible } from '../../ui/plain-text.tsx'
import { metadataOf, type Pair } from './pairs.ts'

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
  isPublic: false,
  metadata: [],
  mountPointName: '',
  sameHost: '',
  differentHost: '',
  onlyHost: '',
}

const hintsOf = (form: NewShareForm): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries({
      same_host: form.sameHost.trim(),
      different_host: form.differentHost.trim(),
      only_host: form.onlyHost.trim(),
    }).filter(([, value]) => value !== ''),
  )

/** What is empty is not sent: the service has its own defaults. */
export function bodyOf(form: NewShareForm): Static<typeof CreateShare> {
  const metadata = metadataOf(form.metadata)
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
      ...(form.isPublic ? { is_public: true } : {}),
      ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
      ...(Object.keys(hints).length === 0 ? {} : { scheduler_hints: hints }),
      ...(form.mountPointName === '' ? {} : { mount_point_name: form.mountPointName }),
    },
  }
}

const given = (option: string, value: string | null): readonly string[] | null =>
  value === null || value === '' ? null : [option, value]

export function createCommand(form: NewShareForm): string {
  const pairs = (option: string, all: Readonly<Record<string, string>>): readonly string[] =>
    Object.entries(all).flatMap(([key, value]) => [option, `${key}=${value}`])
  return command(
    'manila',
    'share',
    'create',
    form.protocol,
    form.size,
    given('--name', form.name),
    given('--description', form.description),
    given('--share-type', form.type),
    given('--availability-zone', form.zone),
    given('--snapshot-id', form.snapshot),
    form.isPublic ? ['--public', 'true'] : null,
    pairs('--property', metadataOf(form.metadata)),
    pairs('--scheduler-hint', hintsOf(form)),
    given('--mount-point-name', form.mountPointName),
    '--wait',
  )
}

/** What the service's refusal says of a field, where it names it: `share.size must be …`. */
export function refusalOf(error: unknown, field: string): string | null {
  if (!(error instanceof ApiError) || error.status !== 400) return null
  const said = visible(error.message)
  const at = said.search(new RegExp(`(?:^|[ .])${field} `))
  return at < 0 ? null : said.slice(said.indexOf(field, at) + field.length + 1)
}
