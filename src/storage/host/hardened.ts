/**
 * How whatever clients can write to is mounted: what they plant there is never opened as a device, never gains rights, and
 * never leads anybody of this host anywhere. They themselves make and read links as ever.
 */
import { hostLacks } from './commands.ts'
import { mounts } from './mountinfo.ts'
import type { Commands } from './commands.ts'
import type { Mount } from './mountinfo.ts'

/** `nosymfollow`: Linux 5.10, util-linux 2.37. The kernel keeps it on every walk, however quickly a client swaps names. */
export const hardenings = ['nodev', 'nosuid', 'nosymfollow'] as const

/** Those of them that a mount lacks. */
export function lackingHardenings(mount: Pick<Mount, 'options'>): readonly string[] {
  return hardenings.filter((option) => !mount.options.includes(option))
}

/**
 * Hardens what is mounted on `path` already, whoever mounted it; its clients notice nothing. Throws `host-lacks` where the
 * host can't.
 */
export async function harden(commands: Commands, path: string): Promise<void> {
  const mounted = () => mounts().findLast((mount) => mount.path === path)
  const before = mounted()
  if (before === undefined || lackingHardenings(before).length === 0) return
  const options = ['remount', 'bind', ...before.options, ...hardenings].join(',')
  await commands.change(['mount', '--no-canonicalize', '-o', options, '--', path])
  const lacking = lackingHardenings(mounted() ?? { options: [] })
  if (lacking.length === 0) return
  throw hostLacks(
    `${path} can't be mounted ${lacking.join(', ')} here: that needs Linux 5.10 and util-linux 2.37`,
  )
}
