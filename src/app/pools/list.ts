/**
 * The pools that new shares may go to, from what the share managers last wrote: no scheduler has to answer. Pools of
 * services that are down, stopped or disabled are left out, as the scheduler leaves them out.
 */
import { type Ctx, scopeOf } from '../context.ts'
import { poolRecords, type PoolRecord } from '../../db/store/pools.ts'
import { resolveType } from '../../db/store/share-types.ts'
import { anchoredPattern } from '../../model/anchored-pattern.ts'
import { invalid } from '../../model/errors.ts'
import { compileSpecs, unmetSpecs } from '../../model/extra-spec-match.ts'
import { protocolChoices, protocolText } from '../../model/storage-protocol.ts'
import type { ExtraSpecs } from '../../model/extra-specs.ts'
import { stateOf } from '../services/state.ts'

export interface ListPools {
  /** Filters as sent. */
  readonly query: Readonly<Record<string, string>>
  /** The filter `capabilities`, parsed by the edge. */
  readonly capabilities: ExtraSpecs | null
}

export interface Pool {
  /** `host@backend#pool` */
  readonly name: string
  readonly host: string
  readonly backend: string
  readonly pool: string
  readonly capabilities: Readonly<Record<string, unknown>>
}

const patternFilters = ['name', 'host', 'backend', 'pool'] as const

/** Patterns match at the start. 400 names a pattern that can't be; a key that is no filter leaves nothing. */
export async function list(ctx: Ctx, { query, capabilities }: ListPools): Promise<Pool[]> {
  const known = [
    'capabilities',
    ...patternFilters,
    ...(ctx.flags.has('filterByShareType') ? ['share_type'] : []),
  ]
  const stray = Object.keys(query).some((key) => !known.includes(key))
  const specs = compileSpecs({ ...capabilities, ...(await specsOfType(ctx, query.share_type ?? '')) })
  const tests = patternFilters.flatMap((key) => {
    const pattern = query[key]
    return pattern === undefined ? [] : [[key, patternTest(key, pattern)] as const]
  })
  if (stray) return []
  return (await poolRecords(ctx.db))
    .filter((record) => takesShares(ctx, record))
    .map(poolOf)
    .filter((pool) => tests.every(([key, test]) => test(pool[key])))
    .filter(({ capabilities: has }) => {
      const choices = { ...has, storage_protocol: protocolChoices(has['storage_protocol']) }
      return unmetSpecs(choices, specs).length === 0
    })
    .map(shownPool)
}

async function specsOfType(ctx: Ctx, nameOrId: string): Promise<ExtraSpecs> {
  if (nameOrId === '' || !ctx.flags.has('filterByShareType')) return {}
  const type = await resolveType(ctx.db, scopeOf(ctx), nameOrId)
  if (type === undefined) throw invalid(`share_type ${nameOrId.slice(0, 255)} could not be found`)
  return type.extra_specs
}

function patternTest(key: string, pattern: string): (text: string) => boolean {
  const test = anchoredPattern(pattern)
  if (test !== null) return test
  throw invalid(`${key} must be a regular expression of at most 256 characters, without look-around`)
}

const takesShares = (ctx: Ctx, record: PoolRecord): boolean =>
  record.disabled === 0 && record.health === 'ready' && stateOf(ctx, record) === 'up'

function shownPool(pool: Pool): Pool {
  const { storage_protocol: reported, ...rest } = pool.capabilities
  if (reported === undefined) return pool
  return { ...pool, capabilities: { ...rest, storage_protocol: protocolText(reported) } }
}

/** What the database knows exactly stands above what the driver reported under the same name. */
function poolOf(record: PoolRecord): Pool {
  const [host = '', backend = ''] = record.backend_label.split('@')
  const reported = JSON.parse(record.capabilities) as Readonly<Record<string, unknown>>
  return {
    name: record.label,
    host,
    backend,
    pool: record.name,
    capabilities: {
      ...reported,
      pool_name: record.name,
      share_backend_name: record.backend_name,
      total_capacity_gb: record.total_gib ?? 'unknown',
      free_capacity_gb: record.free_gib ?? 'unknown',
      allocated_capacity_gb: record.placed_gib,
      provisioned_capacity_gb: record.placed_gib,
    },
  }
}
