/** Each thing that needs attention in words: what, why, what now. */
import type { Format } from '../../ui/format.ts'
import { useWords } from '../../words/index.ts'
import type { Attention } from './attention.ts'

interface Saying {
  readonly title: string
  readonly why: string
  readonly next: { readonly label: string; readonly to: string; readonly more?: object }
}

const nameOf = ({ name, id }: { readonly name: string | null; readonly id: string }): string =>
  (name || id.slice(0, 8)).slice(0, 120)

const inError = {
  'group-error': { says: 'groupError', to: '/groups/$id' },
  'group-snapshot-error': { says: 'groupSnapshotError', to: '/group-snapshots/$id' },
  'snapshot-error': { says: 'snapshotError', to: '/snapshots/$id' },
} as const

export function useSaying(format: Format, nameOfQuota: (key: string) => string): (one: Attention) => Saying {
  const { overview, service } = useWords()
  const { says, next } = overview
  const toShare = (label: string, id: string, tab?: string) => ({
    label,
    to: '/shares/$id',
    more: { params: { id }, ...(tab === undefined ? {} : { search: { tab } }) },
  })
  const why = (cause: Parameters<typeof service.cause>[0] | null | undefined): string =>
    cause === null || cause === undefined ? says.noCause : service.cause(cause)
  return (one) => {
    switch (one.is) {
      case 'service-down':
        return {
          title: says.serviceDown(one.service.binary, one.service.host),
          why: says.serviceDownWhy,
          next: { label: next.service, to: '/admin/services' },
        }
      case 'share-error':
        return {
          title: says.shareError(nameOf(one.share), service.status(one.share.status)),
          why: why(one.operation?.cause),
          next: toShare(next.look, one.share.id),
        }
      case 'group-error':
      case 'group-snapshot-error':
      case 'snapshot-error': {
        const { says: saysOf, to } = inError[one.is]
        return {
          title: says[saysOf](nameOf(one.thing), service.status(one.thing.status)),
          why: why(one.operation?.cause),
          next: { label: next.look, to, more: { params: { id: one.thing.id } } },
        }
      }
      case 'rules-error':
        return {
          title: says.rulesError(nameOf(one.share)),
          why: says.rulesErrorWhy,
          next: toShare(next.rules, one.share.id, 'access'),
        }
      case 'pool-full':
        return {
          title: says.poolFull(one.pool.name, format.percent(one.part)),
          why: says.poolFullWhy,
          next: { label: next.pool, to: `/admin/pools/${encodeURIComponent(one.pool.name)}` },
        }
      case 'share-full':
        return {
          title: says.shareFull(nameOf(one.share), format.percent(one.part)),
          why: says.shareFullWhy,
          next: toShare(next.extend, one.share.id),
        }
      case 'quota-full': {
        const show = one.quota.key.endsWith('Gigabytes') ? format.size : format.number
        return {
          title: says.quotaFull(nameOfQuota(one.quota.key), show(one.quota.used), show(one.quota.limit ?? 0)),
          why: says.quotaFullWhy,
          next: { label: next.quota, to: '/limits' },
        }
      }
      case 'operation-failed':
        return {
          title: says.operationFailed(service.kind(one.operation.kind)),
          why: why(one.operation.cause),
          next: { label: next.steps, to: '/activity/$id', more: { params: { id: one.operation.id } } },
        }
      case 'bin-expires':
        return {
          title: says.binExpires(nameOf(one.share)),
          why: says.binExpiresWhy(format.relative(one.at)),
          next: { label: next.bin, to: '/recycle-bin' },
        }
    }
  }
}
