/** What can be done with a share, from a list or from its own page. What each asks first is in `dialogs/`. */
import type { usePermissions } from '../../api/permissions.ts'
import type { Action } from '../../ui/actions.tsx'
import type { Words } from '../../words/index.ts'
import type { ShareView } from './queries.ts'
import type { ShareDeed, ShareForm } from './deeds.ts'

export type ShareAsked =
  | { readonly what: ShareDeed; readonly shares: readonly ShareView[] }
  | { readonly what: ShareForm; readonly share: ShareView }

interface Deed {
  readonly key: ShareDeed | ShareForm
  /** As `GET /v2/permissions` calls it. */
  readonly action: string
  readonly danger?: true
  /** Only administrators, unless the policy of the service says otherwise. */
  readonly admin?: true
}

/** In the order of a menu. */
const ofOne: readonly Deed[] = [
  { key: 'edit', action: 'update' },
  { key: 'extend', action: 'extend' },
  { key: 'shrink', action: 'shrink' },
  { key: 'revert', action: 'revert' },
  { key: 'soft-delete', action: 'soft_delete' },
  { key: 'delete', action: 'delete', danger: true },
  { key: 'reset-status', action: 'reset_status', admin: true },
  { key: 'reset-task-state', action: 'reset_task_state', admin: true },
  { key: 'unmanage', action: 'unmanage', admin: true, danger: true },
  { key: 'force-delete', action: 'force_delete', admin: true, danger: true },
]
/** In the recycle bin. */
const ofBin: readonly Deed[] = [
  { key: 'restore', action: 'restore' },
  { key: 'delete', action: 'delete', danger: true },
]
const ofSeveral: readonly Deed[] = [
  { key: 'extend-by', action: 'extend' },
  { key: 'allow', action: 'allow_access' },
  { key: 'soft-delete', action: 'soft_delete' },
  { key: 'delete', action: 'delete', danger: true },
]
const forms: readonly string[] = ['edit', 'extend', 'shrink', 'revert', 'reset-status', 'reset-task-state']

type Permissions = ReturnType<typeof usePermissions>

/** Why one of them can't be done with a share now; null = it can. */
export function whyNot(permissions: Permissions, { id, status }: ShareView, action: string): string | null {
  const { allowed, why } = permissions.verdict(id, action)
  return allowed ? null : (why ?? status)
}

/** What the deed is called in `GET /v2/permissions`. */
export const permissionOf = (deed: ShareDeed): string =>
  [...ofSeveral, ...ofOne, ...ofBin].find(({ key }) => key === deed)?.action ?? deed

export interface Actor {
  readonly words: Words
  readonly permissions: Permissions
  /** Where the service can't tell who may what, administrators may what is theirs. */
  readonly isAdmin: boolean
  readonly ask: (asked: ShareAsked) => void
}

const isThere = ({ permissions, isAdmin }: Actor, id: string, deed: Deed): boolean =>
  deed.admin === true && !permissions.isKnown(id) ? isAdmin : !permissions.hidden(id, deed.action)

/** Of one share, in or out of the recycle bin. */
export function shareActions(actor: Actor, share: ShareView): readonly Action[] {
  const { words, permissions, ask } = actor
  return (share.is_soft_deleted === true ? ofBin : ofOne)
    .filter((deed) => isThere(actor, share.id, deed))
    .map(({ key, action, danger = false }) => ({
      key,
      label: words.shares.deeds[key].menu,
      danger,
      whyNot: whyNot(permissions, share, action),
      run: () =>
        ask(
          forms.includes(key)
            ? { what: key as ShareForm, share }
            : { what: key as ShareDeed, shares: [share] },
        ),
    }))
}

/** Of several at once; each dialog says which of them are left out, and why. */
export function severalActions(actor: Actor, shares: readonly ShareView[]): readonly Action[] {
  return (shares.some((share) => share.is_soft_deleted === true) ? ofBin : ofSeveral)
    .filter((deed) => shares.some(({ id }) => isThere(actor, id, deed)))
    .map(({ key, danger = false }) => ({
      key,
      label: actor.words.shares.deeds[key].menu,
      danger,
      run: () => actor.ask({ what: key as ShareDeed, shares }),
    }))
}
