/** Where one can go: the rail, the palette and the tests read this one list. */
import type { Console } from '../api/console.ts'
import type { Words } from '../words/index.ts'

/** Texts of the frame that are plain. */
type PlainWord = {
  [K in keyof Words['frame']]: Words['frame'][K] extends string ? K : never
}[keyof Words['frame']]

interface Place {
  readonly to: string
  readonly word: PlainWord
  /** Ability of the service without which it is not there. */
  readonly needs?: string
  readonly admin?: true
  /** Only where we are the identity. */
  readonly ours?: true
}

const places = [
  { to: '/', word: 'overview' },
  { to: '/shares', word: 'shares' },
  { to: '/snapshots', word: 'snapshots' },
  { to: '/groups', word: 'groups', needs: 'share-groups' },
  { to: '/group-snapshots', word: 'groupSnapshots', needs: 'share-groups' },
  { to: '/recycle-bin', word: 'recycleBin' },
  { to: '/locks', word: 'locks' },
  { to: '/messages', word: 'messages' },
  { to: '/activity', word: 'activity', needs: 'operations' },
  { to: '/limits', word: 'limits' },
  { to: '/settings', word: 'settings' },
  { to: '/admin/pools', word: 'pools', admin: true },
  { to: '/admin/why-not', word: 'whyNot', admin: true, needs: 'placements' },
  { to: '/admin/services', word: 'services', admin: true },
  { to: '/admin/types', word: 'types', admin: true },
  { to: '/admin/group-types', word: 'groupTypes', admin: true, needs: 'share-groups' },
  { to: '/admin/quotas', word: 'quotas', admin: true },
  { to: '/admin/instances', word: 'instances', admin: true },
  { to: '/admin/audit', word: 'audit', admin: true, needs: 'audit' },
  { to: '/admin/users', word: 'users', admin: true, ours: true },
  { to: '/admin/projects', word: 'projects', admin: true, ours: true },
  { to: '/admin/roles', word: 'roles', admin: true, ours: true },
] as const satisfies readonly Place[]

/** The rail has an icon for each word. */
export interface Destination extends Place {
  readonly word: (typeof places)[number]['word']
}
export const destinations: readonly Destination[] = places

/** Those that are there for somebody on this service. */
export const destinationsFor = (
  { capabilities, deployment }: Pick<Console, 'capabilities' | 'deployment'>,
  isAdmin: boolean,
): readonly Destination[] =>
  destinations.filter(
    ({ needs, admin, ours }) =>
      (needs === undefined || capabilities.has(needs)) &&
      (admin !== true || isAdmin) &&
      (ours !== true || deployment.identityIsOurs),
  )
