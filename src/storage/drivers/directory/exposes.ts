/**
 * What clients of an NFS export could reach besides shares. A server's handles name any inode of the file system, so that has
 * to hold nothing but shares; and what a client plants there must never be followed, opened or run by this host.
 */
import { isAbsent } from '../../host/commands.ts'
import { hardenings, lackingHardenings } from '../../host/hardened.ts'
import { mounts } from '../../host/mountinfo.ts'
import type { Commands } from '../../host/commands.ts'

/** The driver's own folders, and what mkfs.ext4 makes. */
const expected = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\.trash|lost\+found)$/

/** A sentence for the operator; null when `root` is a file system for shares alone. */
export async function exposedIn(commands: Commands, root: string): Promise<string | null> {
  const advice = `Clients of NFS could reach it: mount a file system of its own at the option path, with nothing else in it and the options ${hardenings.join(',')}.`
  const path = await realPath(commands, root)
  const mount = path === null ? undefined : mounts().findLast((one) => one.path === path)
  if (path === null || mount === undefined || mount.root !== '/')
    return `${root} is not the top of its own file system, which holds more than shares. ${advice}`
  const lacking = lackingHardenings(mount)
  if (lacking.length > 0) return `${root} is mounted without ${lacking.join(', ')}. ${advice}`
  const { stdout } = await commands.look(['ls', '-A', '--', path], { maxOutputBytes: 64 * 1024 * 1024 })
  const strange = stdout.split('\n').find((name) => name !== '' && !expected.test(name))
  if (strange === undefined) return null
  return `${root} also holds ${JSON.stringify(strange.slice(0, 64))}, which is no share. ${advice}`
}

async function realPath(commands: Commands, path: string): Promise<string | null> {
  try {
    const { stdout } = await commands.look(['realpath', '-e', '--', path])
    return stdout.trimEnd()
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}
