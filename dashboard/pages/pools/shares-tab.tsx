/** What lies in a pool, of all projects. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useConsole } from '../../api/console.ts'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useFormat } from '../../ui/format.ts'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { ProjectName } from '../admin/project-name.tsx'
import { poolSharesQuery } from './queries.ts'
import { poolDetailRoute } from './route.tsx'

export function SharesTab({ label }: { readonly label: string }) {
  const { common, pools: w } = useWords()
  const format = useFormat()
  const search = poolDetailRoute.useSearch()
  const navigate = useNavigate({ from: poolDetailRoute.fullPath })
  const { data, error, refetch } = useQuery(poolSharesQuery(useConsole(), label, search))
  if (data === undefined && error !== null) return <Failure error={error} again={() => void refetch()} />
  return (
    <DataTable
      label={w.shares}
      page={data}
      nameOf={({ id, name }) => name || id.slice(0, 8)}
      search={search}
      go={(next) => void navigate({ search: next as never })}
      empty={<Empty title={w.noShares}>{w.noSharesText}</Empty>}
      columns={[
        {
          key: 'name',
          title: common.name,
          show: (share) => (
            <>
              <Link to="/shares/$id" params={{ id: share.id }}>
                <PlainText>{share.name || share.id.slice(0, 8)}</PlainText>
              </Link>
              <div>
                <ShortId id={share.id} />
              </div>
            </>
          ),
        },
        { key: 'status', title: common.status, show: ({ status }) => <Status status={status} /> },
        { key: 'size', title: common.size, isNumber: true, show: ({ size }) => format.size(size) },
        {
          key: 'project',
          title: common.project,
          from: 'tablet',
          show: ({ project_id }) => <ProjectName id={project_id} />,
        },
        { key: 'type', title: common.type, from: 'desk', show: ({ share_type_name }) => share_type_name },
        {
          key: 'created',
          title: common.created,
          from: 'tablet',
          show: ({ created_at }) => <Time at={created_at} />,
        },
      ]}
    />
  )
}
