/** One share type: where it can be had, what it asks for, who may use it. */
import { useQuery } from '@tanstack/react-query'
import { Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { ActionButton } from '../../ui/actions.tsx'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useWords } from '../../words/index.ts'
import { specsOf } from '../pools/fit.ts'
import { poolsQuery } from '../pools/queries.ts'
import { AccessTab } from './access-tab.tsx'
import { lint } from './lint.ts'
import { LintPanel } from './lint-panel.tsx'
import { isPublic, typeQuery, type TypeView } from './queries.ts'
import { typeDetailRoute } from './route.tsx'
import { typeActions, TypeDialog, type TypeAsked } from './type-actions.tsx'

export function TypeDetailPage() {
  const words = useWords()
  const { types: w } = words
  const { id } = typeDetailRoute.useParams()
  const { tab } = typeDetailRoute.useSearch()
  const navigate = useNavigate()
  const { data: type, error, refetch } = useQuery(typeQuery(useConsole(), id))
  const [asked, ask] = useState<TypeAsked | null>(null)
  useCrumb(type?.name ?? id.slice(0, 8))
  if (type === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  const actions = typeActions(
    words,
    type,
    ask,
    (to) => void navigate(to as never),
    () => void navigate({ to: '/admin/types' }),
  )
  return (
    <>
      <PageHead
        title={type.name}
        line={
          <>
            <ShortId id={type.id} />
            <span>
              {w.visibility}: {isPublic(type) ? w.public : w.private}
            </span>
            {type.is_default === true ? <span title={w.isDefaultText}>{w.isDefault}</span> : null}
          </>
        }
        actions={actions.map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      />
      <div style={{ marginBottom: 12 }}>
        <LintPanel specs={specsOf(type)} />
      </div>
      <Tabs
        label={w.title}
        value={tab}
        change={(key) =>
          void navigate({ to: '/admin/types/$id', params: { id }, search: { tab: key } as never })
        }
        tabs={[
          { key: 'overview', title: w.overview, show: () => <Overview type={type} /> },
          { key: 'projects', title: w.access, show: () => <AccessTab type={type} /> },
        ]}
      />
      {asked === null ? null : <TypeDialog asked={asked} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}

function Overview({ type }: { readonly type: TypeView }) {
  const { admin, common, types: w } = useWords()
  const pools = useQuery(poolsQuery(useConsole()))
  const rows = Object.entries(specsOf(type)).map(([id, value]) => ({ id, value }))
  return (
    <>
      <Facts
        facts={[
          [
            common.description,
            type.description === undefined || type.description === null ? null : (
              <PlainText wrap>{type.description}</PlainText>
            ),
          ],
        ]}
      />
      <Section title={w.specs}>
        <DataTable
          label={w.specs}
          page={{ rows, hasNewer: false, hasOlder: false }}
          nameOf={({ id }) => id}
          empty={<Empty title={admin.noneYet} />}
          columns={[
            {
              key: 'key',
              title: admin.key,
              show: ({ id }) => (
                <>
                  <code style={{ overflowWrap: 'anywhere' }}>{id}</code>
                  <div style={{ color: 'var(--muted)', fontSize: 12 }}>
                    {w.meanings[id] ??
                      (id.includes(':') && !id.startsWith('capabilities:') ? w.driverSpec : w.freeSpec)}
                  </div>
                </>
              ),
            },
            { key: 'value', title: admin.value, show: ({ value }) => <PlainText>{value}</PlainText> },
            {
              key: 'pools',
              title: w.satisfied,
              from: 'tablet',
              show: ({ id, value }) => {
                if (pools.data === undefined) return null
                const count = lint({ [id]: value }, pools.data).fits.length
                return (
                  <Status
                    status="fits"
                    tone={count === 0 ? 'bad' : 'ok'}
                    word={count === 0 ? w.noPool : w.poolsThatFit(count)}
                  />
                )
              },
            },
          ]}
        />
      </Section>
    </>
  )
}
