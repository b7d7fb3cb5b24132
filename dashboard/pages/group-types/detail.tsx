/** One share group type: what groups of it may hold, what is asked of them, and who may use it. */
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import {
  addShareGroupTypeAccess,
  createGroupSpecs,
  deleteGroupSpec,
  removeShareGroupTypeAccess,
} from '../../../src/wire/share-group-types/schema.ts'
import { useConsole } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { useCrumb } from '../../frame/crumbs.tsx'
import { ActionButton } from '../../ui/actions.tsx'
import { ShortId } from '../../ui/copy.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Properties } from '../../ui/properties.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { Read } from '../../ui/thing-page.tsx'
import { useWords } from '../../words/index.ts'
import classes from '../shares/shares.module.css'
import { ProjectAccess } from '../types/project-access.tsx'
import { allTypesQuery } from '../types/queries.ts'
import { groupTypeCommands } from './commands.ts'
import { DeleteGroupType, groupTypeActions } from './group-type-actions.tsx'
import { groupTypeAccessQuery, groupTypeQuery, type GroupTypeView } from './queries.ts'
import { groupTypeDetailRoute } from './route.tsx'

export function GroupTypeDetailPage() {
  const { id } = groupTypeDetailRoute.useParams()
  const { groupTypes: w } = useWords()
  const read = useQuery(groupTypeQuery(useConsole(), id))
  useCrumb(read.data?.name ?? id.slice(0, 8))
  return (
    <Read
      read={read}
      all={<Link to="/admin/group-types">{w.title}</Link>}
      show={(type) => <Shown type={type} />}
    />
  )
}

function Shown({ type }: { readonly type: GroupTypeView }) {
  const words = useWords()
  const { tab } = groupTypeDetailRoute.useSearch()
  const navigate = useNavigate()
  const permissions = usePermissions('share_group_type', [type])
  const [asked, ask] = useState<GroupTypeView | null>(null)
  const { groupTypes: w, types: t } = words
  return (
    <>
      <PageHead
        title={type.name}
        line={
          <>
            <ShortId id={type.id} />
            <span>
              {t.visibility}: {type.is_public ? t.public : t.private}
            </span>
            {type.is_default === true ? <span title={w.isDefaultText}>{t.isDefault}</span> : null}
          </>
        }
        actions={groupTypeActions(words, permissions, type, ask).map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      />
      <Tabs
        label={w.title}
        value={tab}
        change={(key) => void navigate({ to: '.', search: { tab: key } as never })}
        tabs={[
          { key: 'overview', title: t.overview, show: () => <Overview type={type} /> },
          { key: 'projects', title: t.access, show: () => <Access type={type} /> },
        ]}
      />
      {asked === null ? null : <DeleteGroupType type={asked} close={() => ask(null)} />}
    </>
  )
}

function Overview({ type }: { readonly type: GroupTypeView }) {
  const { groups, groupTypes: w } = useWords()
  const console = useConsole()
  const types = useQuery(allTypesQuery(console)).data
  const again = () => console.queries.invalidateQueries({ queryKey: ['share-group-types'] })
  const params = { type_id: type.id }
  return (
    <>
      <Section title={groups.shareTypes}>
        <p>{w.shareTypesText}</p>
        <ul className={classes.pairs}>
          {type.share_types.map((id) => (
            <li key={id}>
              <Link to="/admin/types/$id" params={{ id }}>
                <PlainText>{types?.find((one) => one.id === id)?.name ?? id.slice(0, 8)}</PlainText>
              </Link>
            </li>
          ))}
        </ul>
      </Section>
      <Properties
        title={w.specs}
        none={w.noSpecs}
        record={type.group_specs}
        mayChange
        whyNot={null}
        remove={(key) => console.client.call(deleteGroupSpec, { params: { ...params, key } })}
        merge={(specs) => console.client.call(createGroupSpecs, { params, body: { group_specs: specs } })}
        after={again}
        command={(set, unset) => groupTypeCommands.specs(type.id, set, unset)}
      />
      <p className={classes.muted}>{w.specsHint}</p>
    </>
  )
}

function Access({ type }: { readonly type: GroupTypeView }) {
  const { groupTypes: w } = useWords()
  const params = { id: type.id }
  return (
    <ProjectAccess
      noun="share-group-types"
      isPrivate={!type.is_public}
      access={useQuery(groupTypeAccessQuery(useConsole(), type.id, !type.is_public))}
      give={(client, project) => client.call(addShareGroupTypeAccess, { params, body: { project } })}
      take={(client, project) => client.call(removeShareGroupTypeAccess, { params, body: { project } })}
      allow={(project) => groupTypeCommands.allow(type.id, project)}
      deny={(project) => groupTypeCommands.deny(type.id, project)}
      takeAwayText={w.takeAwayText}
    />
  )
}
