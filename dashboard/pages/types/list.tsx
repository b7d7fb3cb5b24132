/** The share types, and which of them can be had now. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import type { PageSearch } from '../../api/paging.ts'
import { holds, wholePage } from '../../api/whole-list.ts'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters } from '../../ui/filter-bar.tsx'
import { PageHead } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { specsOf } from '../pools/fit.ts'
import { poolsQuery } from '../pools/queries.ts'
import { typeCommands } from './commands.ts'
import { lint } from './lint.ts'
import { allTypesQuery, isPublic, type TypeView } from './queries.ts'
import { typeListRoute } from './route.tsx'
import { typeActions, TypeDialog, type TypeAsked } from './type-actions.tsx'

interface Search extends PageSearch {
  readonly text?: string
}
const sorted = { sort: 'name', dir: 'asc' } as const
const by = { name: ({ name }: TypeView) => name }

export function TypeListPage() {
  const words = useWords()
  const { common, types: w } = words
  const console = useConsole()
  const search: Search = typeListRoute.useSearch()
  const navigate = useNavigate({ from: '/admin/types' })
  const types = useQuery(allTypesQuery(console))
  const pools = useQuery(poolsQuery(console))
  const [asked, ask] = useState<TypeAsked | null>(null)
  const found = types.data?.filter(({ name, id, description }) => holds(search.text, name, id, description))

  const columns: readonly Column<TypeView>[] = [
    {
      key: 'name',
      title: common.name,
      sort: 'name',
      show: (type) => (
        <>
          <Link to="/admin/types/$id" params={{ id: type.id }}>
            <PlainText>{type.name}</PlainText>
          </Link>
          <div>
            <ShortId id={type.id} />
          </div>
        </>
      ),
    },
    {
      key: 'pools',
      title: w.pools,
      show: (type) => {
        if (pools.data === undefined) return null
        const { fits } = lint(specsOf(type), pools.data)
        return fits.length === 0 ? (
          <Status status="none" tone="bad" word={w.noPool} />
        ) : (
          <Status status="some" tone="ok" word={w.poolsThatFit(fits.length)} />
        )
      },
    },
    {
      key: 'visibility',
      title: w.visibility,
      from: 'tablet',
      show: (type) => (isPublic(type) ? w.public : w.private),
    },
    {
      key: 'default',
      title: w.isDefault,
      from: 'tablet',
      show: (type) => (type.is_default === true ? <span title={w.isDefaultText}>{common.yes}</span> : null),
    },
    {
      key: 'specs',
      title: w.specs,
      isNumber: true,
      from: 'desk',
      show: (type) => Object.keys(type.extra_specs).length,
    },
    {
      key: 'description',
      title: common.description,
      from: 'desk',
      width: '30%',
      show: (type) => <PlainText>{type.description ?? ''}</PlainText>,
    },
  ]
  const create = (
    <Button component={Link} {...({ to: '/admin/types/new' } as object)}>
      {w.create}
    </Button>
  )
  return (
    <>
      <PageHead
        title={w.title}
        aside={types.data === undefined ? null : w.count(types.data.length)}
        actions={create}
      />
      <FilterBar
        search={search as Readonly<Record<string, string | undefined>>}
        text={{ name: 'text', label: common.search }}
        change={(filters) =>
          void navigate({
            search: withFilters(filters),
          })
        }
      />
      {types.error !== null && types.data === undefined ? (
        <Failure error={types.error} again={() => void types.refetch()} />
      ) : (
        <DataTable
          label={w.title}
          columns={columns}
          page={found === undefined ? undefined : wholePage(found, search, by, sorted)}
          nameOf={({ name }) => name}
          search={search}
          sorted={sorted}
          go={(next) => void navigate({ search: next as never })}
          actionsOf={(type) => typeActions(words, type, ask, (to) => void navigate(to as never))}
          empty={
            types.data?.length === 0 ? (
              <Empty title={w.emptyTitle} action={create} command={typeCommands.first()}>
                {w.emptyText}
              </Empty>
            ) : (
              <Empty title={common.noRows} />
            )
          }
        />
      )}
      {asked === null ? null : <TypeDialog asked={asked} close={() => ask(null)} />}
      <Outlet />
    </>
  )
}
