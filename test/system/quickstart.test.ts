/** The README's first command, as a stranger runs it, on each backend; and that it leaves the machine as it found it. */
import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'

const scratch = mkdtempSync(join(tmpdir(), 'manila-quick-'))
const main = join(import.meta.dirname, '..', '..', 'src', 'quickstart', 'main.mjs')
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

const quickstart = (...args: string[]) => run(process.execPath, main, ...args)

function run(program: string, ...args: string[]): Promise<{ code: number; out: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: scratch, timeout: 120_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : Number(error.code ?? 1), out: `${out}${err}` })
    })
  })
}

/** The quick start where /dev is as bare as in many containers: another one, seen by these processes alone. */
const withoutLoops = (...args: string[]) => {
  const bare = join(scratch, 'dev')
  mkdirSync(bare, { recursive: true })
  const devices = 'for d in null zero random urandom; do touch "$0/$d"; mount --bind "/dev/$d" "$0/$d"; done'
  const script = `set -e; mount -t tmpfs none "$0"; ${devices}; mount --rbind "$0" /dev; exec "$@"`
  return run('unshare', '--mount', 'sh', '-c', script, bare, process.execPath, main, ...args)
}

const mountsBelow = (dir: string): string[] =>
  readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .filter((line) => line.includes(dir))

describe.skipIf(process.getuid?.() !== 0)('quickstart --once (root)', () => {
  it('reads back over NFS what it wrote, refuses strangers and writes under a read-only rule, twice', async () => {
    const dir = join(scratch, 'image')
    for (const turn of [1, 2]) {
      const { code, out } = await quickstart('--once', '--dir', dir, '--port', '0', '--size', '4')
      expect({ turn, code, out }).toMatchObject({ turn, code: 0 })
      expect(out).toMatch(/every byte came back/)
      expect(out).toMatch(/127\.0\.0\.2 may not write: refused \(NFS4ERR_ROFS\)/)
      expect(out).toMatch(/127\.0\.0\.3 may not even look: refused \(NFS4ERR_(NOENT|ACCESS|PERM)\)/)
      expect(out).toMatch(/how full it is: 1\.\d MiB of 1 GiB/)
      expect(out).toMatch(/one file system per share/)
      expect(mountsBelow(dir)).toEqual([])
    }
    expect((await quickstart('--clean', '--dir', dir)).code).toBe(0)
    expect(existsSync(dir)).toBe(false)
  }, 170_000)

  it('shows people of a directory, and refuses a stranger, with --auth ldap', async () => {
    const dir = join(scratch, 'ldap')
    for (const turn of [1, 2]) {
      const { code, out } = await quickstart(
        ...['--once', '--auth', 'ldap', '--dir', dir, '--port', '0', '--size', '4'],
      )
      expect({ turn, code, out }).toMatchObject({ turn, code: 0 })
      expect(out).toMatch(/start a private slapd: ldap:\/\/127\.0\.0\.1:\d+: 4 people, 2 groups/)
      expect(out).toMatch(/ada logs in .*: member, reader in apollo, by the group apollo-team/)
      expect(out).toMatch(/chen logs in .*: reader in gemini, by the group gemini-readers/)
      expect(out).toMatch(/a stranger is not let in: refused \(401\)/)
      expect(out).toMatch(/As ada of the directory:/)
      expect(out).toMatch(/every byte came back/)
    }
    expect((await quickstart('--clean', '--dir', dir)).code).toBe(0)
    expect(existsSync(dir)).toBe(false)
  }, 170_000)

  it('says what is missing where no loop device can be had, exports nothing, and ends 2', async () => {
    const { code, out } = await withoutLoops('--once', '--dir', join(scratch, 'bare'), '--port', '0')
    expect({ code, out }).toMatchObject({ code: 2 })
    expect(out).toMatch(/Nothing here can export the shares over NFS: the host has no loop devices/)
    const asked = await withoutLoops('--once', '--dir', join(scratch, 'asked'), '--backend', 'image')
    expect(asked).toMatchObject({ code: 1, out: expect.stringContaining("image can't be used: ") as string })
  }, 60_000)

  it('is honest about plain directories, keeps them on a file system of their own, on a port that is free', async () => {
    const dir = join(scratch, 'directory')
    const taken = createServer()
    // Whoever has it already does as well.
    await new Promise<void>((resolve) => {
      taken.once('error', () => resolve())
      taken.listen(2049, '127.0.0.1', resolve)
    })
    try {
      for (const turn of [1, 2]) {
        const how = ['--once', '--dir', dir, '--port', '0', '--backend', 'directory', '--size', '2']
        const { code, out } = await quickstart(...how)
        expect({ turn, code, out }).toMatchObject({ turn, code: 0 })
        expect(out).toMatch(/not enforced/)
        expect(out).toMatch(/WARNING: all shares lie on one file system/)
        expect(out).toMatch(/every byte came back/)
        expect(out).toMatch(/how full it is: not known/)
        expect(mountsBelow(dir)).toEqual([])
        expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(dir)
      }
      expect((await quickstart('--clean', '--dir', dir)).code).toBe(0)
      expect(existsSync(dir)).toBe(false)
    } finally {
      taken.close()
    }
  }, 90_000)
})

describe('quickstart', () => {
  it('runs anywhere on the pretend backend', async () => {
    const { code, out } = await quickstart(
      '--once',
      '--dir',
      join(scratch, 'sim'),
      '--port',
      '0',
      '--backend',
      'sim',
      '--no-install',
    )
    expect({ code, out }).toMatchObject({ code: 0 })
    expect(out).toMatch(/nothing is stored/)
  }, 60_000)

  it('refuses what it does not know with a sentence', async () => {
    expect(await quickstart('--backend', 'zfs')).toMatchObject({
      code: 64,
      out: expect.stringContaining('image, btrfs, directory, sim') as string,
    })
    expect((await quickstart('--frobnicate')).code).toBe(64)
    expect((await quickstart('--help')).out).toContain('--once')
  })
})
