/** What can be done with one thing: buttons, a menu of a row, a bar for several. An action that can't be done now stays and says why. */
import { ActionIcon, Button, Menu, Tooltip } from '@mantine/core'
import { IconDots } from '@tabler/icons-react'
import { useEffect, useState, type MouseEvent, type ReactNode } from 'react'
import { useWords } from '../words/index.ts'
import classes from './actions.module.css'

export interface Action {
  readonly key: string
  readonly label: string
  readonly run: () => void
  /** Why it can't be done now; null = it can. */
  readonly whyNot?: string | null
  /** Something is lost by it. */
  readonly danger?: boolean
  readonly icon?: ReactNode
}

/** A list of actions without those that are not there: `present(cond && {...})`. */
export const present = (...actions: readonly (Action | false | null | undefined)[]): readonly Action[] =>
  actions.filter((action): action is Action => action !== false && action !== null && action !== undefined)

/** Kept in the order of the keyboard although it can't be pressed: who can't see the pointer must hear why, too. */
const blocked = (whyNot: string | null | undefined, run: () => void) => ({
  'aria-disabled': whyNot !== null && whyNot !== undefined ? true : undefined,
  'data-disabled': whyNot !== null && whyNot !== undefined ? true : undefined,
  onClick: (event: MouseEvent) => {
    if (whyNot === null || whyNot === undefined) run()
    else event.preventDefault()
  },
})

export function ActionButton({
  action,
  primary = false,
}: {
  readonly action: Action
  readonly primary?: boolean
}) {
  const { whyNot } = action
  const button = (
    <Button
      variant={primary ? 'filled' : 'default'}
      color={action.danger === true ? 'bad' : undefined}
      leftSection={action.icon}
      {...blocked(whyNot, action.run)}
    >
      {action.label}
    </Button>
  )
  return whyNot === null || whyNot === undefined ? button : <Tooltip label={whyNot}>{button}</Tooltip>
}

/** Every action of a row behind one button. */
export function ActionMenu({
  name,
  actions,
}: {
  readonly name: string
  readonly actions: readonly Action[]
}) {
  const { common } = useWords()
  const [isOpen, setOpen] = useState(false)
  useEffect(() => {
    if (!isOpen) return
    // The menu itself hears of it only while the focus is in it.
    const pressed = ({ key }: KeyboardEvent): void => {
      if (key === 'Escape') setOpen(false)
    }
    window.addEventListener('keydown', pressed)
    return () => window.removeEventListener('keydown', pressed)
  }, [isOpen])
  if (actions.length === 0) return null
  return (
    <Menu closeOnItemClick opened={isOpen} onChange={setOpen}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size={26} aria-label={common.actions(name)}>
          <IconDots size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map((action) => (
          <Menu.Item
            key={action.key}
            color={action.danger === true ? 'bad' : undefined}
            closeMenuOnClick={action.whyNot === null || action.whyNot === undefined}
            {...blocked(action.whyNot, action.run)}
          >
            {action.label}
            {action.whyNot === null || action.whyNot === undefined ? null : (
              <span className={classes.why}>{action.whyNot}</span>
            )}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

/** Of the head of a page: those of `inView` as buttons, the rest behind a menu. */
export function HeadActions({
  name,
  actions,
  inView,
}: {
  readonly name: string
  readonly actions: readonly Action[]
  readonly inView: readonly string[]
}) {
  return (
    <>
      {actions
        .filter(({ key }) => inView.includes(key))
        .map((action) => (
          <ActionButton key={action.key} action={action} />
        ))}
      <ActionMenu name={name.slice(0, 80)} actions={actions.filter(({ key }) => !inView.includes(key))} />
    </>
  )
}

/** What helps with something in error: to delete it or, where that is not allowed, to let go of it; and to write its status by hand. */
export function helpful(actions: readonly Action[]): readonly Action[] {
  const isPossible = (key: string): Action | undefined =>
    actions.find((action) => action.key === key && (action.whyNot ?? null) === null)
  const ends = isPossible('delete') ?? isPossible('unmanage')
  const reset = isPossible('reset-status') ?? isPossible('reset')
  return [reset, ends].filter((action) => action !== undefined)
}
