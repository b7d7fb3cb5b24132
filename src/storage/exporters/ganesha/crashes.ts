/**
 * When a server died, and which clients were connected then. A client can end NFS-Ganesha with one malformed handle, as often as it
 * likes; who was there each time is who an operator wants to talk to. Kept in a file, so that all processes of the host count
 * together.
 */
import { isAbsent } from '../../host/commands.ts'
import { writeFile } from '../../host/write-file.ts'
import type { Commands } from '../../host/commands.ts'

const kept = 10
/** As many deaths within so long are more than chance. */
const [many, withinUs] = [3, 60_000_000]
/** How long that is told. */
const toldUs = 600_000_000

export interface Crash {
  /** Microseconds since the epoch. */
  readonly atUs: number
  /** Addresses of clients. */
  readonly peers: readonly string[]
}

/** The crashes recorded in `file`, oldest first; none when it can't be read. */
export async function readCrashes(commands: Commands, file: string): Promise<readonly Crash[]> {
  try {
    return crashesIn((await commands.look(['cat', '--', file])).stdout)
  } catch (error) {
    if (isAbsent(error)) return []
    throw error
  }
}

/** Adds one and answers them all, the oldest left out. One at a time on the host: the caller sees to that. */
export async function recordCrash(commands: Commands, file: string, crash: Crash): Promise<readonly Crash[]> {
  const all = [...(await readCrashes(commands, file)), crash].slice(-kept)
  await writeFile(commands, file, all.map((one) => `${JSON.stringify(one)}\n`).join(''))
  return all
}

/** A sentence for operators about a server that dies again and again; null when it doesn't, or did long ago. */
export function troubleOf(crashes: readonly Crash[], nowUs: number): string | null {
  const last = crashes.slice(-many)
  const [first, latest] = [last[0], last.at(-1)]
  if (last.length < many || first === undefined || latest === undefined) return null
  if (latest.atUs - first.atUs > withinUs || nowUs - latest.atUs > toldUs) return null
  const each = first.peers.filter((peer) => last.every(({ peers }) => peers.includes(peer)))
  const who =
    each.length === 0 ? 'no client was connected each time' : `connected each time: ${each.join(', ')}`
  return `died ${many} times within a minute, and was started again each time; ${who}`
}

function crashesIn(text: string): readonly Crash[] {
  return text.split('\n').flatMap((line) => {
    try {
      const { atUs, peers } = JSON.parse(line) as Crash
      return Number.isSafeInteger(atUs) && Array.isArray(peers) ? [{ atUs, peers: peers.map(String) }] : []
    } catch {
      return []
    }
  })
}
