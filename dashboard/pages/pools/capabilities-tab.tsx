/** What a pool reports, name by name; what it says nothing of is left out. */
import { useNavigate } from '@tanstack/react-router'
import { holds } from '../../api/whole-list.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { FilterBar } from '../../ui/filter-bar.tsx'
import { useWords } from '../../words/index.ts'
import { choicesOf } from './fit.ts'
import type { PoolView } from './queries.ts'
import { poolDetailRoute } from './route.tsx'
import { shownValue } from './shown-value.ts'

export function CapabilitiesTab({ pool }: { readonly pool: PoolView }) {
  const { admin, common, pools: w } = useWords()
  const search = poolDetailRoute.useSearch()
  const navigate = useNavigate({ from: poolDetailRoute.fullPath })
  const rows = Object.entries(flat(choicesOf(pool.capabilities)))
    .map(([id, value]) => ({
      id,
      // A driver's own words, which nobody translates.
      lang: typeof value === 'string' ? 'en' : undefined,
      value: typeof value === 'boolean' ? (value ? common.yes : common.no) : shownValue(value),
    }))
    .filter(({ id, value }) => holds(search.text, id, value))
    .toSorted((a, b) => a.id.localeCompare(b.id))
  return (
    <>
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: w.findCapability }}
        change={(change) =>
          void navigate({ search: (before) => ({ ...before, ...change }) as never, replace: true })
        }
      />
      <DataTable
        label={w.capabilities}
        page={{ rows, hasNewer: false, hasOlder: false }}
        nameOf={({ id }) => id}
        empty={<Empty title={common.noRows} />}
        columns={[
          {
            key: 'key',
            title: common.name,
            width: '40%',
            show: ({ id }) => <code style={{ overflowWrap: 'anywhere' }}>{id}</code>,
          },
          {
            key: 'value',
            title: admin.value,
            show: ({ value, lang }) => (
              <span lang={lang} style={{ overflowWrap: 'anywhere' }}>
                {value}
              </span>
            ),
          },
        ]}
      />
    </>
  )
}

/** Nested ones by their way, as extra specs name them: `a:b`. */
function flat(capabilities: Readonly<Record<string, unknown>>, before = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(capabilities).flatMap(([key, value]): [string, unknown][] => {
      if (value === null || value === undefined) return []
      if (typeof value !== 'object' || Array.isArray(value)) return [[`${before}${key}`, value]]
      return Object.entries(flat(value as Record<string, unknown>, `${before}${key}:`))
    }),
  )
}
