/** How this share is mounted: whether this browser's address may, what to type on each system, what the usual errors mean. */
import { Select, Tabs } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useConsole } from '../../../api/console.ts'
import { CopyButton } from '../../../ui/copy.tsx'
import { Section } from '../../../ui/page.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { useWords } from '../../../words/index.ts'
import { rulesQuery } from '../../access-rules/queries.ts'
import type { ShareView } from '../queries.ts'
import { shareDetailRoute } from '../route.tsx'
import classes from '../shares.module.css'
import { userOf } from './allowed.ts'
import { exportPathOf } from './export-path.ts'
import { instructionsFor } from './instructions.ts'
import { mountSystems, type Mounted, type MountSystem, type Snippet } from './mounted.ts'
import { ThisAddress } from './this-address.tsx'

interface Location {
  readonly id: string
  readonly path: string
  readonly preferred?: boolean | undefined
  readonly is_admin_only?: boolean | undefined
}

interface MountSectionProps {
  readonly share: ShareView
  /** Undefined while they are read. */
  readonly locations: readonly Location[] | undefined
}

export function MountSection({ share, locations = [] }: MountSectionProps) {
  const { mount: w } = useWords()
  const search = shareDetailRoute.useSearch()
  const navigate = useNavigate({ from: shareDetailRoute.fullPath })
  const rules = useQuery(rulesQuery(useConsole(), share.id)).data ?? []
  const open = locations.filter(({ is_admin_only }) => is_admin_only !== true)
  const chosen =
    open.find(({ id }) => id === search.export) ?? open.find(({ preferred }) => preferred === true) ?? open[0]
  if (chosen === undefined || share.is_soft_deleted === true) return null
  const at = exportPathOf(share.share_proto, chosen.path)
  const set = (change: object): void =>
    void navigate({ search: (before) => ({ ...before, ...change }) as never, replace: true })
  const system = mountSystems.find((one) => one === search.system) ?? ownSystem()
  if (at === null) {
    return (
      <Section title={w.title}>
        <Notice tone="plain" title={w.unknownPath}>
          {w.unknownPathText}
        </Notice>
      </Section>
    )
  }
  const user = at.protocol === 'NFS' ? null : userOf(rules, at.protocol === 'CIFS' ? 'user' : 'cephx')
  const mounted: Mounted = {
    at,
    id: share.id,
    name: share.name,
    sizeGib: share.size,
    user: user?.access_to ?? null,
    isReadOnly: user?.access_level === 'ro',
  }
  return (
    <Section
      title={w.title}
      aside={
        open.length < 2 ? undefined : (
          <Select
            size="xs"
            aria-label={w.location}
            data={open.map(({ id, path }) => ({ value: id, label: path }))}
            value={chosen.id}
            onChange={(id) => set({ export: id ?? undefined })}
          />
        )
      }
    >
      {at.protocol === 'NFS' ? <ThisAddress share={share} rules={rules} /> : null}
      <Tabs
        value={system}
        onChange={(key) => set({ system: key ?? undefined })}
        keepMounted={false}
        className={classes.systems}
      >
        <Tabs.List aria-label={w.systemsLabel}>
          {mountSystems.map((key) => (
            <Tabs.Tab key={key} value={key}>
              {w.systems[key]}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value={system}>
          <Steps system={system} mounted={mounted} />
        </Tabs.Panel>
      </Tabs>
    </Section>
  )
}

/** What this browser runs on, to begin with. */
const ownSystem = (): MountSystem =>
  /mac/i.test(navigator.userAgent) ? 'macos' : /windows/i.test(navigator.userAgent) ? 'windows' : 'linux'

function Steps({ system, mounted }: { readonly system: MountSystem; readonly mounted: Mounted }) {
  const { mount: w } = useWords()
  const { snippets, notes } = instructionsFor(system, mounted)
  const installs = snippets.filter(({ says }) => says.startsWith('install-'))
  const rest = snippets.filter(({ says }) => !says.startsWith('install-'))
  return (
    <>
      {notes.map((note) => (
        <p key={note}>{w.notes[note]}</p>
      ))}
      <ol className={classes.snippets}>
        {installs.length === 0 ? null : (
          <li>
            <div className={classes.says}>{w.install}</div>
            <div className={classes.install}>
              {installs.map((one) => (
                <Code key={one.says} snippet={one} label={w.says[one.says]} />
              ))}
            </div>
          </li>
        )}
        {rest.map((one) => (
          <li key={one.says}>
            <div className={classes.says}>
              {w.says[one.says]}
              {one.file === undefined ? null : (
                <>
                  {' '}
                  <code>{one.file}</code>
                </>
              )}
            </div>
            <Code snippet={one} label={w.says[one.says]} />
          </li>
        ))}
      </ol>
      {rest.length === 0 ? null : <Mistakes protocol={mounted.at.protocol} />}
    </>
  )
}

function Code({ snippet, label }: { readonly snippet: Snippet; readonly label: string }) {
  return (
    <div className={classes.code}>
      <pre tabIndex={0} role="region" aria-label={label}>
        {snippet.text.trimEnd()}
      </pre>
      <CopyButton text={snippet.text} what={label} />
    </div>
  )
}

/** The three errors that are met most, and what each means. */
function Mistakes({ protocol }: { readonly protocol: Mounted['at']['protocol'] }) {
  const { mount: w } = useWords()
  return (
    <details className={classes.details}>
      <summary>{w.mistakesTitle}</summary>
      <dl className={classes.mistakes}>
        {w.mistakes[protocol].map(([error, means]) => (
          <div key={error}>
            <dt>
              <code>{error}</code>
            </dt>
            <dd>{means}</dd>
          </div>
        ))}
      </dl>
    </details>
  )
}
