/** Which share types a pool satisfies, and what it lacks for the others. */
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { allTypesQuery } from '../types/queries.ts'
import { lacks, specsOf } from './fit.ts'
import type { PoolView } from './queries.ts'
import { shownValue } from './shown-value.ts'

export function TypesTab({ pool }: { readonly pool: PoolView }) {
  const { common, pools: w } = useWords()
  const { data, error, refetch } = useQuery(allTypesQuery(useConsole()))
  if (data === undefined && error !== null) return <Failure error={error} again={() => void refetch()} />
  const rows = data
    ?.map((type) => ({ ...type, missing: lacks(pool.capabilities, specsOf(type)) }))
    .toSorted((a, b) => a.missing.length - b.missing.length || a.name.localeCompare(b.name))
  return (
    <DataTable
      label={w.types}
      page={rows === undefined ? undefined : { rows, hasNewer: false, hasOlder: false }}
      nameOf={({ name }) => name}
      empty={<Empty title={w.noTypes} action={<Link to="/admin/types">{w.types}</Link>} />}
      columns={[
        {
          key: 'name',
          title: common.name,
          show: (type) => (
            <Link to="/admin/types/$id" params={{ id: type.id }}>
              <PlainText>{type.name}</PlainText>
            </Link>
          ),
        },
        {
          key: 'fits',
          title: common.status,
          show: ({ missing }) => (
            <Status
              status="fits"
              tone={missing.length === 0 ? 'ok' : 'off'}
              word={missing.length === 0 ? w.fits : w.lacksIt}
            />
          ),
        },
        {
          key: 'why',
          title: common.whyNot,
          width: '55%',
          show: ({ missing }) =>
            missing.map(({ key, requirement, value }) => (
              <div key={key}>
                {w.lacks(
                  visible(key),
                  visible(requirement),
                  value === undefined || value === null ? null : shownValue(value),
                )}
              </div>
            )),
        },
      ]}
    />
  )
}
