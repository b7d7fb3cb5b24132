import type { Commands } from '../../host/commands.ts'
import type { Parts } from '../../contract/driver.ts'

/**
 * Does `work` while no other process of this host, and nothing else of this one, does work under the same `file` (absolute; its
 * folder exists). Waits for as long as the call may take.
 */
export async function alone<T>(
  parts: Pick<Parts, 'lock'>,
  commands: Commands,
  file: string,
  work: () => Promise<T>,
): Promise<T> {
  const waitMs = Math.max(1, commands.remainingMs())
  const release = await parts.lock(file, { waitMs, signal: commands.call.signal })
  try {
    return await work()
  } finally {
    await release()
  }
}
