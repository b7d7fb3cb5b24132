/** The README's first command, as a stranger runs it, on each backend; and that it leaves the machine as it found it. */
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { afterAll, describe, expect, it } from 'vitest'
import { connect } from '../../src/sdk/connect.ts'
import { listSharesDetail } from '../../src/wire/shares/schema.ts'

const scratch = mkdtempSync(join(tmpdir(), 'manila-quick-'))
const main = join(import.meta.dirname, '..', '..', 'tools', 'quickstart', 'main.mjs')
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
        '--once',
        '--auth',
        'ldap',
        '--dir',
        dir,
        '--port',
        '0',
        '--size',
        '4',
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
        const words = ['--once', '--dir', dir, '--port', '0', '--backend', 'directory', '--size', '2']
        const { code, out } = await quickstart(...words)
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

describe('quickstart without --once', () => {
  const onSim = (dir: string, config: object = {}): string[] => {
    const file = join(scratch, `${dir}.toml`)
    writeFileSync(file, stringify(config))
    return ['--dir', join(scratch, dir), '--port', '0', '--backend', 'sim', '--config', file]
  }
  // Of one GiB no share may take more than a tenth.
  const pool = { driver: 'sim', exporter: 'sim', driver_options: { pools: [{ name: 'pool', total_gib: 1 }] } }
  const fullPool = {
    backends: { quick: { ...pool, reserved_share_percentage: 90, max_over_subscription_ratio: 1 } },
  }

  /** Serves until `look` has seen what it wants, then Ctrl-C. */
  async function serving(
    args: string[],
    look: (dir: string) => Promise<void>,
  ): Promise<{ code: number | null; out: string }> {
    const child = spawn(process.execPath, [main, ...args], { cwd: scratch, timeout: 60_000 })
    let out = ''
    const hear = (chunk: Buffer): void => void (out += chunk.toString())
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
    const ready = new Promise<void>((resolve) =>
      child.stdout.on('data', () => void (/until Ctrl-C/.test(out) && resolve())),
    )
    const first = await Promise.race([ready, ended])
    if (first === undefined) {
      await look(args[1] ?? '').finally(() => child.kill('SIGINT'))
    }
    return { code: await ended, out }
  }

  async function sharesOfDemo(dir: string): Promise<{ id: string; status: string }[]> {
    const cloud = { cloud: 'manila-demo', env: { OS_CLIENT_CONFIG_FILE: join(dir, 'clouds.yaml') } }
    const client = await connect(cloud)
    return (await client.call(listSharesDetail)).shares.map(({ id, status }) => ({ id, status }))
  }

  it('demonstrates at its first start alone, and its share stays the only one', async () => {
    const seen: string[][] = []
    for (const turn of [1, 2]) {
      let page = { status: 0, text: '' }
      const { code, out } = await serving(onSim('first'), async (dir) => {
        seen.push((await sharesOfDemo(dir)).map(({ id }) => id))
        const clouds = readFileSync(join(dir, 'clouds.yaml'), 'utf8')
        const url = /http:\/\/127\.0\.0\.1:\d+/.exec(clouds)?.[0] ?? ''
        const reply = await fetch(`${url}/dashboard/`)
        page = { status: reply.status, text: await reply.text() }
      })
      expect({ turn, code, out }).toMatchObject({ turn, code: 0 })
      // Built by itself, and named with a login.
      expect([page.status, page.text]).toEqual([200, expect.stringContaining('<base href="/dashboard/"')])
      expect(out).toMatch(
        /The dashboard: http:\/\/127\.0\.0\.1:\d+\/dashboard\/\n +demo, with the password \S+\n/,
      )
      expect(/create a share of 1 GiB: /.test(out)).toBe(turn === 1)
      expect(/was shown at an earlier start/.test(out)).toBe(turn === 2)
    }
    expect(seen[0]).toHaveLength(1)
    expect(seen[1]).toEqual(seen[0])
    // Asked for by name it is repeated, and takes its own share away.
    expect((await quickstart('--once', ...onSim('first'))).out).toMatch(
      /delete the share[^]*The dashboard: http/,
    )
    await serving(onSim('first'), async (dir) => {
      expect((await sharesOfDemo(dir)).map(({ id }) => id)).toEqual(seen[0])
    })
  }, 90_000)

  it.each([
    ['the quota is used', { quota: { shares: 0 } }, /Quota exceeded/],
    ['the pool is full', fullPool, /did not become available/],
  ])(
    'serves where %s, leaves no share, and shows it once it can',
    async (_why, config, reason) => {
      const dir = `can-not-${Object.keys(config).join()}`
      for (const turn of [1, 2]) {
        const { code, out } = await serving(onSim(dir, config), async (at) => {
          expect(await sharesOfDemo(at)).toEqual([])
        })
        expect({ turn, code, out }).toMatchObject({ turn, code: 0 })
        expect(out).toMatch(/NOT SHOWN/)
        expect(out).toMatch(reason)
      }
      const once = await quickstart('--once', ...onSim(dir, config))
      expect(once).toMatchObject({ code: 1, out: expect.stringMatching(reason) as string })
      const { out } = await serving(onSim(dir), async (at) => {
        expect(await sharesOfDemo(at)).toMatchObject([{ status: 'available' }])
      })
      expect(out).not.toMatch(/NOT SHOWN/)
    },
    120_000,
  )

  it('serves where its public address can not be reached from here', async () => {
    let health = 0
    const args = onSim('elsewhere', { api: { public_url: 'http://127.0.0.1:1/' } })
    const { code, out } = await serving(args, async (dir) => {
      const clouds = readFileSync(join(dir, 'clouds.yaml'), 'utf8')
      const [url = ''] = /http:\/\/127\.0\.0\.1:\d+/.exec(clouds) ?? []
      health = (await fetch(`${url}/healthcheck`)).status
    })
    expect({ code, health, out }).toMatchObject({ code: 0, health: 200 })
    expect(out).toMatch(/NOT SHOWN: Cannot reach http:\/\/127\.0\.0\.1:1/)
  }, 60_000)

  it('says in a sentence that the database is away, when it cleans and when it starts, and removes nothing', async () => {
    const args = onSim('away')
    expect((await quickstart('--once', ...args)).code).toBe(0)
    writeFileSync(
      join(scratch, 'away.toml'),
      stringify({ database: { url: 'postgres://manila:secret@127.0.0.1:1/manila' } }),
    )
    for (const option of ['--clean', '--once']) {
      const { code, out } = await quickstart(option, ...args)
      expect({ option, code, out }).toMatchObject({ option, code: 1 })
      expect(out).toMatch(/the database \(\[database\] url\) can't be read: /)
      expect(out).not.toMatch(/\n\s+at |secret/)
    }
    expect(existsSync(join(scratch, 'away', 'quickstart.json'))).toBe(true)
  }, 90_000)
})
