/** Locks on a rule, each with what it forbids and why. */
import { IconEyeOff, IconLock } from '@tabler/icons-react'
import { Link } from '@tanstack/react-router'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import classes from './access.module.css'
import type { LockView } from './queries.ts'

export function RuleLocks({ locks }: { readonly locks: readonly LockView[] }) {
  const { access: w } = useWords()
  return (
    <>
      {locks.map(({ id, resource_action, lock_reason }) => {
        const isShow = resource_action === 'show'
        const Icon = isShow ? IconEyeOff : IconLock
        return (
          <div key={id} className={classes.lock}>
            <Icon size={14} aria-hidden />
            <Link
              to={'/locks' as never}
              title={lock_reason === null ? undefined : visible(lock_reason).slice(0, 1000)}
            >
              {isShow ? w.lockedShow : w.lockedDelete}
            </Link>
          </div>
        )
      })}
    </>
  )
}
