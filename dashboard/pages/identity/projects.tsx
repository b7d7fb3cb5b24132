/** The projects, and the domains that they are in. */
import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { wholePage } from '../../api/whole-list.ts'
import type { Action } from '../../ui/actions.tsx'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { FilterBar, withFilters } from '../../ui/filter-bar.tsx'
import { Notice } from '../../ui/notice.tsx'
import { PageHead } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { useWords, type Words } from '../../words/index.ts'
import { NamedDialog, type NamedKind } from './named-dialog.tsx'
import { domainsQuery, projectsQuery, type DomainView, type ProjectView } from './queries.ts'
import { RemovalDialog, type AccountAsked } from './removal-dialog.tsx'
import { projectListRoute } from './route.tsx'
import type { AccountSearch } from './users.tsx'

const sorted = { sort: 'name', dir: 'asc' } as const
const by = { name: ({ name }: { readonly name: string }) => name }
type Place = ProjectView | DomainView

/** Of a project or domain. */
export function placeActions(
  { identity: w }: Words,
  kind: 'project' | 'domain',
  place: Place,
  edit: () => void,
  askFor: (asked: AccountAsked) => void,
  whenGone?: () => void,
): readonly Action[] {
  const of = { kind, id: place.id, name: place.name, ...(whenGone === undefined ? {} : { whenGone }) }
  return [
    { key: 'edit', label: w.edit, run: edit },
    place.enabled
      ? { key: 'disable', label: w.disable, run: () => askFor({ what: 'disable', ...of }) }
      : { key: 'enable', label: w.enable, run: () => askFor({ what: 'enable', ...of }) },
    { key: 'remove', label: w.remove, danger: true, run: () => askFor({ what: 'remove', ...of }) },
  ]
}

export function ProjectsPage() {
  const { identity: w } = useWords()
  const search: AccountSearch = projectListRoute.useSearch()
  const navigate = useNavigate({ from: projectListRoute.fullPath })
  const [made, make] = useState<NamedKind | null>(null)
  const isDomains = search.tab === 'domains'
  return (
    <>
      <PageHead
        title={w.projects}
        actions={
          <Button onClick={() => make(isDomains ? 'domain' : 'project')}>
            {isDomains ? w.createDomain : w.createProject}
          </Button>
        }
      />
      <Tabs
        label={w.projects}
        value={search.tab}
        change={(tab) => void navigate({ search: { tab } as never })}
        tabs={[
          { key: 'projects', title: w.projects, show: () => <Places kind="project" search={search} /> },
          { key: 'domains', title: w.domains, show: () => <Places kind="domain" search={search} /> },
        ]}
      />
      {made === null ? null : (
        <NamedDialog
          kind={made}
          close={() => make(null)}
          made={(id) =>
            void (made === 'project' ? navigate({ to: '/admin/projects/$id', params: { id } }) : undefined)
          }
        />
      )}
    </>
  )
}

function Places({ kind, search }: { readonly kind: 'project' | 'domain'; readonly search: AccountSearch }) {
  const words = useWords()
  const { common, identity: w } = words
  const console = useConsole()
  const navigate = useNavigate({ from: projectListRoute.fullPath })
  const projects = useQuery({ ...projectsQuery(console, search.text), enabled: kind === 'project' })
  const domains = useQuery(domainsQuery(console))
  const places = kind === 'project' ? projects : domains
  const [edited, edit] = useState<Place | null>(null)
  const [asked, askFor] = useState<AccountAsked | null>(null)
  const rows: readonly Place[] | undefined = places.data?.rows
  const columns: readonly (Column<Place> | false)[] = [
    {
      key: 'name',
      title: common.name,
      sort: 'name',
      show: ({ id, name }) => (
        <>
          {kind === 'project' ? (
            <Link to="/admin/projects/$id" params={{ id }}>
              <PlainText>{name}</PlainText>
            </Link>
          ) : (
            <PlainText>{name}</PlainText>
          )}
          <div>
            <ShortId id={id} />
          </div>
        </>
      ),
    },
    {
      key: 'status',
      title: common.status,
      show: ({ enabled }) => (
        <Status status="account" tone={enabled ? 'ok' : 'off'} word={enabled ? w.enabled : w.disabled} />
      ),
    },
    kind === 'project' &&
      (domains.data?.rows.length ?? 0) > 1 && {
        key: 'domain',
        title: w.domain,
        from: 'tablet',
        show: (place) => {
          const id = 'domain_id' in place ? place.domain_id : ''
          return <PlainText>{domains.data?.rows.find((one) => one.id === id)?.name ?? id}</PlainText>
        },
      },
    {
      key: 'description',
      title: common.description,
      from: 'tablet',
      width: '40%',
      show: ({ description }) => <PlainText>{description ?? ''}</PlainText>,
    },
  ]
  return (
    <>
      {kind === 'domain' ? (
        <p style={{ color: 'var(--muted)', marginTop: 0 }}>{w.directory}</p>
      ) : (
        <FilterBar
          search={search as Readonly<Record<string, string | undefined>>}
          text={{ name: 'text', label: common.name }}
          change={(filters) =>
            void navigate({
              search: withFilters(filters),
            })
          }
        />
      )}
      {places.data?.isCut === true ? <Notice tone="plain" title={w.truncated} /> : null}
      {places.error !== null && places.data === undefined ? (
        <Failure error={places.error} again={() => void places.refetch()} />
      ) : (
        <DataTable
          label={kind === 'project' ? w.projects : w.domains}
          columns={columns.filter((column) => column !== false)}
          page={rows === undefined ? undefined : wholePage(rows, search, by, sorted)}
          nameOf={({ name }) => name}
          search={search}
          sorted={sorted}
          go={(next) => void navigate({ search: next as never })}
          actionsOf={(place) => placeActions(words, kind, place, () => edit(place), askFor)}
          empty={<Empty title={search.text === undefined ? w.emptyProjects : common.noRows} />}
        />
      )}
      {edited === null ? null : <NamedDialog kind={kind} of={edited} close={() => edit(null)} />}
      {asked === null ? null : <RemovalDialog asked={asked} close={() => askFor(null)} />}
    </>
  )
}
