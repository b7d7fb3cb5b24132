/**
 * Quotas of a pool: switching them on in the configured mode, before the first byte is written, and keeping full quotas
 * exact: the kernel gives up exact accounting when a large tree is deleted and marks the counters inconsistent.
 */
import { fileURLToPath } from 'node:url'
import { attempt, hostLacks } from '../../host/commands.ts'
import { qgroupsOf } from './qgroups.ts'
import type { Commands } from '../../host/commands.ts'
import type { Attached } from './attach.ts'
import type { BtrfsOptions } from './config.ts'
import type { Qgroups } from './qgroups.ts'

const simpleQuotaScript = fileURLToPath(new URL('enable-simple-quotas.pl', import.meta.url))

/** Deeper than any tree (BTRFS_MAX_LEVEL is 8): no deletion ever skips accounting. */
const neverSkip = '8'

/** Switches quotas on unless they are. Throws `host-lacks` when the pool was made with the other mode. */
export async function enableQuotas(
  commands: Commands,
  attached: Attached,
  wanted: BtrfsOptions['quota_mode'],
): Promise<Qgroups> {
  return attempt('switching on quotas of the btrfs pool', async () => {
    if (countersOf(attached).mode() === 'none') {
      if (wanted === 'full') await commands.change(['btrfs', 'quota', 'enable', attached.top])
      else await enableSimple(commands, attached.top)
    }
    const qgroups = countersOf(attached)
    const mode = qgroups.mode()
    if (mode !== wanted) {
      throw hostLacks(
        `the btrfs pool at ${attached.top} has ${mode} quotas and quota_mode says ${wanted}; set quota_mode = "${mode}" or make a new pool`,
      )
    }
    if (wanted === 'full') await keepExact(commands, attached, qgroups)
    return qgroups
  })
}

/** Starts a rescan when the counters are inconsistent; true when they are. One that runs already is left alone. */
export async function mendCounters(
  commands: Commands,
  attached: Attached,
  qgroups: Qgroups,
  options: { wait: boolean },
): Promise<boolean> {
  if (!qgroups.inconsistent()) return false
  // Code 1 with "already in progress" is as good.
  await commands.change(['btrfs', 'quota', 'rescan', attached.top], { okCodes: [0, 1] })
  if (options.wait)
    await commands.change(['btrfs', 'quota', 'rescan', '-w', attached.top], { okCodes: [0, 1] })
  return qgroups.inconsistent()
}

async function keepExact(commands: Commands, attached: Attached, qgroups: Qgroups): Promise<void> {
  if (qgroups.thresholdFile !== null) {
    await commands.change(['tee', '--', qgroups.thresholdFile], { input: neverSkip })
  }
  await mendCounters(commands, attached, qgroups, { wait: false })
}

/** btrfs-progs before 6.7 has no option for simple quotas, though the kernel may: then the plain ioctl does it. */
async function enableSimple(commands: Commands, top: string): Promise<void> {
  const done = await commands.change(['btrfs', 'quota', 'enable', '--simple', top], { okCodes: [0, 1] })
  if (done.code === 0) return
  const asked = await commands.change(['perl', simpleQuotaScript, top], { okCodes: [0, 1] })
  if (asked.code === 0) return
  throw hostLacks(`quota_mode = "simple" needs Linux 6.7 or later: ${asked.stderr.trim()}`)
}

function countersOf(attached: Attached): Qgroups {
  const qgroups = qgroupsOf(attached.device)
  if (qgroups !== null) return qgroups
  throw hostLacks(`the kernel shows no btrfs file system for ${attached.device} under /sys/fs/btrfs`)
}
