/** One user: what it may do where, and by which groups. */
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { ActionButton } from '../../ui/actions.tsx'
import { CopyText } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { useProjectNames } from '../admin/project-names.ts'
import { Assignments } from './assignments.tsx'
import { PasswordDialog } from './password-dialog.tsx'
import { domainsQuery, groupsOfUserQuery, userQuery } from './queries.ts'
import { useHomes } from './read-only.ts'
import { RemovalDialog, type AccountAsked } from './removal-dialog.tsx'
import { userDetailRoute } from './route.tsx'
import { userActions } from './user-actions.ts'

export function UserDetailPage() {
  const words = useWords()
  const { common, identity: w } = words
  const { id } = userDetailRoute.useParams()
  const navigate = useNavigate()
  const console = useConsole()
  const { data: user, error, refetch } = useQuery(userQuery(console, id))
  const groups = useQuery(groupsOfUserQuery(console, id))
  const domains = useQuery(domainsQuery(console)).data?.rows ?? []
  const projectNames = useProjectNames()
  const homes = useHomes()
  const [asked, askFor] = useState<AccountAsked | null>(null)
  const [isPassword, setPassword] = useState(false)
  useCrumb(user?.name ?? id.slice(0, 8))
  if (user === undefined)
    return error === null ? null : <Failure error={error} again={() => void refetch()} />
  const actions = userActions(
    words,
    user,
    homes.whyNot(user.domain_id),
    askFor,
    () => setPassword(true),
    (to) => void navigate(to as never),
    () => void navigate({ to: '/admin/users' }),
  )
  const project = user.default_project_id
  return (
    <>
      <PageHead
        title={user.name}
        aside={
          <Status
            status="account"
            tone={user.enabled ? 'ok' : 'off'}
            word={user.enabled ? w.enabled : w.disabled}
          />
        }
        line={<CopyText text={id} what={common.id} />}
        actions={actions.map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      />
      <Facts
        facts={[
          [
            common.description,
            user.description === undefined || user.description === null || user.description === '' ? null : (
              <PlainText key="description" wrap>
                {user.description}
              </PlainText>
            ),
          ],
          [w.email, user.email === undefined ? null : visible(user.email)],
          [w.domain, domains.find((one) => one.id === user.domain_id)?.name ?? user.domain_id],
          [
            w.defaultProject,
            project === undefined ? null : (
              <Link key="project" to="/admin/projects/$id" params={{ id: project }}>
                {visible(projectNames.get(project) ?? project)}
              </Link>
            ),
          ],
          [
            w.expires,
            user.password_expires_at === null ? null : <Time key="expires" at={user.password_expires_at} />,
          ],
          [
            w.groups,
            groups.data === undefined || groups.data.rows.length === 0
              ? null
              : groups.data.rows.map((group, index) => (
                  <span key={group.id}>
                    {index === 0 ? '' : ', '}
                    <Link to="/admin/users/groups/$id" params={{ id: group.id }}>
                      {visible(group.name)}
                    </Link>
                  </span>
                )),
          ],
        ]}
      />
      <Section title={w.assignments}>
        <Assignments place={{ kind: 'user', id }} />
      </Section>
      {asked === null ? null : <RemovalDialog asked={asked} close={() => askFor(null)} />}
      {isPassword ? <PasswordDialog user={user} close={() => setPassword(false)} /> : null}
      <Outlet />
    </>
  )
}
