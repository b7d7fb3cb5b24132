/** The nouns, each one place; administration below for those who may. What this service does not offer is not there. */
import { Select } from '@mantine/core'
import {
  IconActivity,
  IconBox,
  IconChartBar,
  IconDatabase,
  IconHistory,
  IconMapPinQuestion,
  IconServer2,
  IconShieldCheck,
  IconStack2,
  IconTag,
  IconTags,
  IconUsers,
  IconUsersGroup,
  IconCamera,
  IconCameraPlus,
  IconFolders,
  IconGauge,
  IconHome,
  IconLock,
  IconMessage,
  IconSettings,
  IconTrash,
} from '@tabler/icons-react'
import { Link, useRouter } from '@tanstack/react-router'
import type { ComponentType } from 'react'
import { useConsole, useWho } from '../api/console.ts'
import { useWords } from '../words/index.ts'
import { destinationsFor, type Destination } from './destinations.ts'
import classes from './rail.module.css'

const icons: Readonly<Record<Destination['word'], ComponentType<{ size?: number }>>> = {
  overview: IconHome,
  shares: IconFolders,
  snapshots: IconCamera,
  groups: IconStack2,
  groupSnapshots: IconCameraPlus,
  groupTypes: IconTags,
  recycleBin: IconTrash,
  locks: IconLock,
  messages: IconMessage,
  limits: IconGauge,
  activity: IconActivity,
  settings: IconSettings,
  pools: IconDatabase,
  services: IconServer2,
  types: IconTag,
  quotas: IconChartBar,
  instances: IconBox,
  audit: IconHistory,
  users: IconUsers,
  projects: IconUsersGroup,
  roles: IconShieldCheck,
  whyNot: IconMapPinQuestion,
}

export function Rail() {
  const { frame } = useWords()
  const who = useWho()
  const there = destinationsFor(useConsole(), who.is_admin)
  const own = there.filter(({ admin }) => admin !== true)
  const administration = there.filter(({ admin }) => admin === true)
  return (
    <div className={classes.rail}>
      <div className={classes.brand}>Manila</div>
      <ProjectSwitch />
      <nav aria-label={frame.navigation}>
        <Links of={own} />
      </nav>
      {administration.length > 0 ? (
        <nav aria-label={frame.administration}>
          <div className={classes.heading}>{frame.administration}</div>
          <Links of={administration} />
        </nav>
      ) : null}
    </div>
  )
}

function Links({ of }: { readonly of: readonly Destination[] }) {
  const { frame } = useWords()
  return (
    <ul className={classes.links}>
      {of.map(({ word, to }) => {
        const Icon = icons[word]
        return (
          <li key={to}>
            <Link
              to={to}
              className={classes.link}
              activeProps={{ className: classes.active ?? '' }}
              activeOptions={{ exact: to === '/' }}
            >
              <Icon size={16} />
              {frame[word]}
            </Link>
          </li>
        )
      })}
    </ul>
  )
}

function ProjectSwitch() {
  const { frame } = useWords()
  const who = useWho()
  const { session, queries } = useConsole()
  const router = useRouter()
  const switchTo = async (id: string): Promise<void> => {
    await session.toProject(id)
    // Nothing that was read for one project may show in another.
    queries.clear()
    await router.navigate({ to: '/' })
    await router.invalidate()
  }
  return (
    <div className={classes.project}>
      <Select
        size="xs"
        aria-label={frame.switchProject}
        data={who.projects.map(({ id, name }) => ({ value: id, label: name }))}
        value={who.project?.id ?? null}
        searchable={who.projects.length > 8}
        onChange={(id) => id !== null && id !== who.project?.id && void switchTo(id)}
      />
    </div>
  )
}
