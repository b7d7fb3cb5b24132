/**
 * A small virtual machine with a real Linux NFS client: what a tenant's kernel sees of a share, without mounting anything on
 * this host. One guest serves a whole test suite; it takes 5 to 15 s to boot and 250 MB.
 *
 * It promises that the guest ends with this process, whatever happens. It reaches this host's 127.0.0.1 as 10.0.2.2,
 * and servers here see it as 127.0.0.1. Software emulation only: a /dev/kvm that exists may still be of no use.
 */
import { spawn } from 'node:child_process'
import { missing, type Need } from '../packages.ts'
import { Console, type ShellResult } from './console.ts'
import { guestImage, type GuestImage } from './kernel.ts'
import { GuestUnavailable } from './unavailable.ts'

export { GuestUnavailable } from './unavailable.ts'

export const guestNeeds: readonly Need[] = [
  {
    program: 'qemu-system-x86_64',
    debianPackage: 'qemu-system-x86',
    why: 'runs a small virtual machine with a real Linux NFS client',
  },
  {
    program: '/bin/busybox',
    debianPackage: 'busybox-static',
    why: 'the only program in that virtual machine, and what packs its files',
  },
]

export interface Guest {
  /** Power-on to the first command, milliseconds. */
  readonly bootMs: number
  /**
   * Runs one line of shell in the guest, one after the other; background jobs and variables stay. Throws an Error when the
   * guest is gone, or doesn't answer in time: then it is ended.
   */
  sh(command: string, options?: { readonly timeoutMs?: number }): Promise<ShellResult>
  /** Ends the guest; settles when it is gone. */
  stop(): Promise<void>
}

export interface GuestOptions {
  /** Kept between runs: the kernel (27 MB of download) and what it boots from. */
  readonly cacheDir: string
  readonly bootTimeoutMs?: number
}

/** Throws {@link GuestUnavailable} when this host can't run it or takes too long, any other Error when it is broken. */
export async function startGuest({ cacheDir, bootTimeoutMs = 90_000 }: GuestOptions): Promise<Guest> {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new GuestUnavailable(`made for Linux on x86-64, this is ${process.platform} on ${process.arch}`)
  }
  const lacking = missing(guestNeeds).map(({ debianPackage }) => debianPackage)
  if (lacking.length > 0) throw new GuestUnavailable(`not installed: ${lacking.join(', ')}`)
  const image = await guestImage(cacheDir)
  const begun = performance.now()
  // The kernel ends the machine with this process, also when this process is killed.
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', ...machine(image)], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const gone = new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.once('error', () => resolve())
  })
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL')
    await gone
  }
  const shell = new Console(child)
  try {
    if (!(await shell.ready(bootTimeoutMs))) {
      throw new GuestUnavailable(`the guest did not boot within ${bootTimeoutMs / 1000} s`)
    }
  } catch (error) {
    await stop()
    throw error
  }
  return {
    bootMs: Math.round(performance.now() - begun),
    async sh(command, { timeoutMs = 60_000 } = {}) {
      try {
        return await shell.run(command, timeoutMs)
      } catch (error) {
        if (!(error instanceof RangeError)) await stop()
        throw error
      }
    },
    stop,
  }
}

/** 256 MiB hold the kernel, its modules and the page cache of a test; no disk, no display, no ROM files. */
function machine({ kernel, initrd }: GuestImage): readonly string[] {
  const commandLine =
    'console=ttyS0 panic=-1 quiet loglevel=1 rdinit=/init mitigations=off tsc=reliable no_timer_check random.trust_cpu=on'
  const hardware = '-accel tcg,thread=multi -cpu qemu64 -M q35 -m 256 -nographic -no-reboot -nodefaults'
  const devices = '-serial stdio -netdev user,id=n0 -device virtio-net-pci,netdev=n0,romfile='
  const boot = ['-kernel', kernel, '-initrd', initrd, '-append', commandLine]
  return ['qemu-system-x86_64', ...hardware.split(' '), ...devices.split(' '), ...boot]
}
