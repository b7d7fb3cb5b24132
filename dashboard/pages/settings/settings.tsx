/** How the dashboard looks to whoever is signed in, who that is, and credentials of his own. */
import { SegmentedControl, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import { Outlet } from '@tanstack/react-router'
import { useConsole, useWho } from '../../api/console.ts'
import { Facts } from '../../ui/facts.tsx'
import { PageHead, Section } from '../../ui/page.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { Time } from '../../ui/time.tsx'
import { languages, useTongue, useWords, type Language } from '../../words/index.ts'
import { Credentials } from './credentials.tsx'

export function SettingsPage() {
  const { common, frame, login, settings: w } = useWords()
  const { deployment } = useConsole()
  const who = useWho()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { language, choose } = useTongue()
  return (
    <>
      <PageHead title={w.title} />
      <Section title={w.looks}>
        <Facts
          facts={[
            [
              w.theme,
              <SegmentedControl
                key="theme"
                size="xs"
                aria-label={w.theme}
                data={[
                  { value: 'auto', label: frame.themeAuto },
                  { value: 'light', label: frame.themeLight },
                  { value: 'dark', label: frame.themeDark },
                ]}
                value={colorScheme}
                onChange={(scheme) => setColorScheme(scheme as MantineColorScheme)}
              />,
            ],
            [
              w.language,
              <SegmentedControl
                key="language"
                size="xs"
                aria-label={w.language}
                data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
                value={language}
                onChange={(next) => choose(next as Language)}
              />,
            ],
            [
              w.zone,
              <span key="zone">
                {Intl.DateTimeFormat().resolvedOptions().timeZone}. {w.zoneText}
              </span>,
            ],
          ]}
        />
      </Section>
      <Section title={w.account}>
        <Facts
          facts={[
            [login.name, <PlainText key="name">{who.user.name}</PlainText>],
            [login.domain, <PlainText key="domain">{who.user.domain.name}</PlainText>],
            [
              common.project,
              who.project === null ? null : <PlainText key="project">{who.project.name}</PlainText>,
            ],
            [w.roles, who.roles.join(', ')],
            [w.sessionEnds, <Time key="ends" at={who.expires_at} />],
            [w.release, deployment.release],
          ]}
        />
      </Section>
      {deployment.identity === null ? null : <Credentials />}
      <Outlet />
    </>
  )
}
