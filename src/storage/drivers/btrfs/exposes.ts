/**
 * What clients of an NFS export could reach besides the pool: all of its file system. A device or a loop file holds nothing
 * else; a directory may lie beside everything that the host has.
 */
import { isAbsent } from '../../host/commands.ts'
import { mountOf } from '../../host/mountinfo.ts'
import type { Commands } from '../../host/commands.ts'
import type { PoolSource } from './config.ts'

/** A sentence for the operator; null when the pool is on a file system without the host's or this service's own files. */
export async function exposedBy(
  commands: Commands,
  source: PoolSource,
  ownDir: string,
): Promise<string | null> {
  if (source.kind !== 'directory') return null
  const pool = await deviceOf(commands, source.path)
  // What isn't there is the set-up's to complain about.
  if (pool === null) return null
  for (const [what, path] of [
    ["the host's own files", '/'],
    ["this service's state", ownDir],
  ] as const) {
    if (pool !== (await deviceOf(commands, path))) continue
    return `${source.path} lies on one file system with ${what} (${path}), which clients of NFS could reach: keep the pool on a btrfs of its own.`
  }
  return null
}

/** The number of the file system that `path` lies on, as mounts tell it; null when there is no such path. */
async function deviceOf(commands: Commands, path: string): Promise<string | null> {
  try {
    const { stdout } = await commands.look(['realpath', '-e', '--', path])
    return mountOf(stdout.trimEnd())?.device ?? null
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}
