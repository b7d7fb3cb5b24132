/** One project: who may do what in it. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { ActionButton } from '../../ui/actions.tsx'
import { CopyText } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { Assignments } from './assignments.tsx'
import { NamedDialog } from './named-dialog.tsx'
import { placeActions } from './projects.tsx'
import { domainsQuery, projectQuery } from './queries.ts'
import { RemovalDialog, type AccountAsked } from './removal-dialog.tsx'
import { projectDetailRoute } from './route.tsx'

export function ProjectDetailPage() {
  const words = useWords()
  const { common, frame, identity: w } = words
  const { id } = projectDetailRoute.useParams()
  const navigate = useNavigate()
  const console = useConsole()
  const { data: project, error, refetch } = useQuery(projectQuery(console, id))
  const domains = useQuery(domainsQuery(console)).data?.rows ?? []
  const [isEdited, edit] = useState(false)
  const [asked, askFor] = useState<AccountAsked | null>(null)
  useCrumb(project?.name ?? id.slice(0, 8))
  if (project === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  const actions = placeActions(
    words,
    'project',
    project,
    () => edit(true),
    askFor,
    () => void navigate({ to: '/admin/projects' }),
  )
  return (
    <>
      <PageHead
        title={project.name}
        aside={
          <Status
            status="account"
            tone={project.enabled ? 'ok' : 'off'}
            word={project.enabled ? w.enabled : w.disabled}
          />
        }
        line={
          <>
            <CopyText text={id} what={common.id} />
            <Link to="/admin/quotas" search={{ project: id } as never}>
              {frame.quotas}
            </Link>
          </>
        }
        actions={actions.map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      />
      <Facts
        facts={[
          [
            common.description,
            project.description === undefined ||
            project.description === null ||
            project.description === '' ? null : (
              <PlainText key="description" wrap>
                {project.description}
              </PlainText>
            ),
          ],
          [w.domain, domains.find((one) => one.id === project.domain_id)?.name ?? project.domain_id],
          [
            w.parent,
            project.parent_id === project.domain_id ? null : (
              <Link key="parent" to="/admin/projects/$id" params={{ id: project.parent_id }}>
                {project.parent_id}
              </Link>
            ),
          ],
        ]}
      />
      <Section title={w.assignments}>
        <Assignments place={{ kind: 'project', id }} />
      </Section>
      {isEdited ? <NamedDialog kind="project" of={project} close={() => edit(false)} /> : null}
      {asked === null ? null : <RemovalDialog asked={asked} close={() => askFor(null)} />}
    </>
  )
}
