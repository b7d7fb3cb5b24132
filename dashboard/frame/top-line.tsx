/** Where I am, and who. */
import { ActionIcon, Menu, useMantineColorScheme, type MantineColorScheme } from '@mantine/core'
import { IconCheck, IconUser } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { useCan, useConsole, useWho } from '../api/console.ts'
import { languages, useTongue, useWords, type Language } from '../words/index.ts'
import { Crumbs } from './crumbs.tsx'
import { Palette } from './palette.tsx'
import { Running } from './running.tsx'
import classes from './top-line.module.css'

export function TopLine({ burger }: { readonly burger: ReactNode }) {
  const hasOperations = useCan('operations')
  return (
    <div className={classes.line} role="banner">
      {burger}
      <Crumbs />
      <div className={classes.end}>
        <Palette />
        {hasOperations ? <Running /> : null}
        <AccountMenu />
      </div>
    </div>
  )
}

function AccountMenu() {
  const { frame } = useWords()
  const { session, queries } = useConsole()
  const who = useWho()
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const { language, choose } = useTongue()
  const schemes: readonly (readonly [MantineColorScheme, string])[] = [
    ['auto', frame.themeAuto],
    ['light', frame.themeLight],
    ['dark', frame.themeDark],
  ]
  const leave = async (): Promise<void> => {
    await session.signOut()
    queries.clear()
  }
  const tick = (isOn: boolean) =>
    isOn ? <IconCheck size={14} aria-hidden /> : <span style={{ width: 14 }} />
  return (
    <Menu>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={30} aria-label={frame.account(who.user.name)}>
          <IconUser size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          <bdi>{who.user.name}</bdi>
        </Menu.Label>
        <Menu.Divider />
        <Menu.Label>{frame.theme}</Menu.Label>
        {schemes.map(([scheme, word]) => (
          <Menu.Item
            key={scheme}
            leftSection={tick(scheme === colorScheme)}
            onClick={() => setColorScheme(scheme)}
          >
            {word}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{frame.language}</Menu.Label>
        {Object.entries(languages).map(([tag, name]) => (
          <Menu.Item
            key={tag}
            lang={tag}
            leftSection={tick(tag === language)}
            onClick={() => choose(tag as Language)}
          >
            {name}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item onClick={() => void leave()}>{frame.signOut}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}
