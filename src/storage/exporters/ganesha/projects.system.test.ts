import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync, truncateSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, cannotRun, complete, scratch } from '../../drivers/btrfs/bench.fixture.ts'
import { mounts } from '../../host/mountinfo.ts'
import { mountNfs } from '../../contract/conformance/nfs4/index.ts'
import * as nfs from '../../contract/conformance/nfs4/operations.ts'
import { ganeshaExporter } from './exporter.ts'
import { ganeshaOptions } from './options.ts'
import {
  exportOf,
  kill,
  makeImage,
  mountImage,
  rootOf,
  rule,
  session,
  unmountImage,
  type Image,
} from './bench.fixture.ts'
import { pidIn } from './pid.fixture.ts'
import { isLiving } from './process.ts'
import type { Parts } from '../../contract/driver.ts'
import type { GaneshaExporter } from './exporter.ts'

const [red, blue, green] = ['a', 'b', 'c'].map((letter) => letter.repeat(32)) as [string, string, string]
const addresses = ['127.0.11.1', '127.0.11.2']

describe.skipIf(cannotRun !== null)('a server per project', () => {
  let world: ReturnType<typeof scratch>
  let parts: Parts
  let exporter: GaneshaExporter
  let told: string[]
  let restarts: number

  const build = () =>
    ganeshaExporter(complete(ganeshaOptions, { port: 0, servers: 'per-project', addresses }), parts)
  const hostOf = async (image: Image): Promise<string> => {
    const [location] = await exporter.publish(call(), exportOf(image))
    const [host = '', name] = location!.path.split(':/')
    expect(name).toBe(image.id)
    return host
  }
  const dirOf = (project: string) => join(parts.dir, 'ganesha/projects', project)
  const pidOf = (project: string) => pidIn(dirOf(project))
  const mount = (host: string, image: Image) =>
    mountNfs({ host, port: exporter.port() ?? 0, path: `/${image.id}`, from: host })
  const seenBy = (pid: number) =>
    mounts(readFileSync(`/proc/${pid}/mountinfo`, 'utf8')).map(({ path }) => path)
  /** The handle that ends NFS-Ganesha 4.3: a file-system handle without an object, one byte shorter than it says. */
  const poison = async (host: string, image: Image): Promise<void> => {
    const attacker = await session(host, exporter.port() ?? 0, '127.0.11.77')
    const root = await rootOf(attacker, image.id)
    const handle = Buffer.concat([root.subarray(0, 4), Buffer.from([0x11, 0x63]), root.subarray(6, 22)])
    await expect(attacker.compound([nfs.putFh(handle), nfs.getFh])).rejects.toThrow(/closed|broke/)
    await attacker.end()
  }
  /** Polls what has no event of its own; answers the milliseconds it took. */
  const within = async (
    ms: number,
    what: string,
    holds: () => boolean | Promise<boolean>,
  ): Promise<number> => {
    const began = performance.now()
    while (!(await holds())) {
      expect(performance.now() - began, what).toBeLessThan(ms)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    return performance.now() - began
  }

  beforeEach(async () => {
    world = scratch()
    told = []
    restarts = 0
    const say = (_: object, message: string) => void told.push(message)
    parts = {
      ...world.parts('alpha'),
      log: { info: say, warn: say, error: say },
      storage: { name: 'image', separates: 'file-system' },
      restarted: () => void (restarts += 1),
    }
    exporter = build()
    await exporter.setup(call())
  })
  afterEach(async () => {
    await exporter.stop(call(), { detach: true })
    world.clean()
  })

  test('two projects have two servers on two addresses, and neither sees a mount of the other', async () => {
    const mine = makeImage(parts.dir, red)
    const hosts = [await hostOf(mine)]
    const theirs = makeImage(parts.dir, blue)
    hosts.push(await hostOf(theirs))
    // Mounted after the server started.
    const later = makeImage(parts.dir, red)
    expect(await hostOf(later)).toBe(hosts[0])
    expect(hosts).toEqual(addresses)
    for (const [image, host] of [
      [mine, hosts[0]],
      [theirs, hosts[1]],
      [later, hosts[0]],
    ] as const) {
      await exporter.applyRules(call(), exportOf(image), [rule(host!)])
      const client = await mount(host!, image)
      await client.write('file', Buffer.from(image.id))
      expect(readFileSync(join(image.path, 'file'), 'utf8')).toBe(image.id)
      await client.close()
    }
    const [first, second] = [pidOf(red), pidOf(blue)]
    expect(first).not.toBe(second)
    const mounted = ['/', '/usr', '/etc', '/dev', '/sys', '/proc', '/dev/shm', dirOf(red)]
    expect(seenBy(first)).toEqual(expect.arrayContaining(mounted))
    expect(seenBy(first).filter((path) => path.includes('/exports/'))).toEqual([
      join(parts.dir, 'exports', red),
      mine.path,
      later.path,
    ])
    expect(seenBy(second).filter((path) => path.includes('/exports/'))).toEqual([
      join(parts.dir, 'exports', blue),
      theirs.path,
    ])
    expect(existsSync(`/proc/${first}/root${join(parts.dir, 'exports', blue)}`)).toBe(false)
    // Nothing of the host beyond what a server needs.
    expect(seenBy(first)).toHaveLength(mounted.length + 3)
    const limits = readFileSync(`/proc/${first}/limits`, 'utf8')
    expect(limits).toMatch(/Max data size\s+2147483648\s+2147483648/)
    expect(limits).toMatch(/Max open files\s+8192/)
    // A share of the other project isn't even known here.
    const stranger = await session(hosts[0]!, exporter.port() ?? 0)
    await expect(rootOf(stranger, theirs.id)).rejects.toThrow('NFS4ERR_NOENT')
    await stranger.end()
    // What is unpublished can be unmounted and detached, whoever else has mounts of the host.
    await exporter.unpublish(call(), exportOf(later))
    unmountImage(later)
    expect(seenBy(first)).not.toContain(later.path)
  })

  test('the last export takes the server along; its address is the last that another project gets', async () => {
    const [one, two, three] = [
      makeImage(parts.dir, red),
      makeImage(parts.dir, blue),
      makeImage(parts.dir, green),
    ]
    expect([await hostOf(one), await hostOf(two)]).toEqual(addresses)
    await expect(exporter.publish(call(), exportOf(three))).rejects.toMatchObject({ outcome: 'no-room-here' })
    expect(told.filter((line) => line.includes('2 addresses'))).toHaveLength(1)
    const gone = pidOf(blue)
    // As the service may ask: the id alone is known.
    await exporter.unpublish(call(), { ...exportOf(two), projectId: '', protocol: '', tree: null })
    expect(isLiving(gone)).toBe(false)
    expect(readdirSync(join(parts.dir, 'ganesha/projects'))).toEqual([red])
    expect(await exporter.inventory(call())).toEqual([one.id])
    await exporter.unpublish(call(), exportOf(one))
    expect(await hostOf(three)).toBe(addresses[1])
    await exporter.unpublish(call(), exportOf(three))
    expect(await hostOf(two)).toBe(addresses[0])
  })

  test('another exporter of this host adopts the servers, and finds exports by their ids', async () => {
    const [one, two] = [makeImage(parts.dir, red), makeImage(parts.dir, blue)]
    const hosts = [await hostOf(one), await hostOf(two)]
    const pids = [pidOf(red), pidOf(blue)]
    const other = build()
    await other.setup(call())
    expect((await other.inventory(call())).toSorted()).toEqual([one.id, two.id].toSorted())
    await other.applyRules(call(), exportOf(two, { projectId: '' }), [rule(hosts[1]!)])
    await (await mount(hosts[1]!, two)).close()
    await exporter.stop(call(), { detach: false })
    expect([pidOf(red), pidOf(blue)]).toEqual(pids)
    expect(other.port()).toBe(exporter.port() ?? other.port())
    exporter = other
    await exporter.unpublish(call(), exportOf(one))
    expect(pids.map(isLiving)).toEqual([false, true])
  })

  test('from one server for all to one a project, and back: the others end', async () => {
    const image = makeImage(parts.dir, red)
    const shared = () => ganeshaExporter(complete(ganeshaOptions, { port: 0 }), parts)
    const first = shared()
    await first.setup(call())
    await first.publish(call(), exportOf(image))
    const old = pidIn(join(parts.dir, 'ganesha'))
    await first.stop(call(), { detach: false })
    await exporter.stop(call(), { detach: false })
    exporter = build()
    await exporter.setup(call())
    expect(isLiving(old)).toBe(false)
    // The share manager finds it missing and publishes it again.
    expect(await exporter.inventory(call())).toEqual([])
    expect(await hostOf(image)).toBe(addresses[0])
    const own = pidOf(red)
    await exporter.stop(call(), { detach: false })
    exporter = shared()
    await exporter.setup(call())
    expect(isLiving(own)).toBe(false)
    expect(await exporter.inventory(call())).toEqual([])
    const [location] = await exporter.publish(call(), exportOf(image))
    expect(location!.path).toBe(`127.0.0.1:/${image.id}`)
  })

  test('a share that another project got is served by the server of that project', async () => {
    const image = makeImage(parts.dir, red)
    const before = await hostOf(image)
    const moved = mountImage(parts.dir, { ...image, projectId: blue }, image.device)
    expect(await hostOf(moved)).not.toBe(before)
    expect(readdirSync(join(parts.dir, 'ganesha/projects'))).toEqual([blue])
    expect(await exporter.inventory(call())).toEqual([image.id])
  })

  test('a server that dies is there again, the others are what they were; after three deaths it is said who was connected', async () => {
    const [one, two] = [makeImage(parts.dir, red), makeImage(parts.dir, blue)]
    const hosts = [await hostOf(one), await hostOf(two)]
    await exporter.applyRules(call(), exportOf(one), [rule('127.0.0.0/8')])
    const bystander = pidOf(blue)
    // Two processes of one host watch; one of them starts it.
    const second = build()
    await second.setup(call())
    const tookMs: number[] = []
    for (let death = 1; death <= 3; death++) {
      const client = await mountNfs({
        host: hosts[0]!,
        port: exporter.port()!,
        path: `/${one.id}`,
        from: '127.0.11.77',
      })
      await client.write(`file ${death}`, Buffer.from(String(death)))
      const pid = pidOf(red)
      if (death === 2) await poison(hosts[0]!, one)
      else await kill(pid)
      const died = performance.now()
      await within(3000, 'the server is back', () =>
        mount(hosts[0]!, one).then(
          (again) => again.close().then(() => true),
          () => false,
        ),
      )
      tookMs.push(performance.now() - died)
      expect(pidOf(red)).not.toBe(pid)
      await within(1000, 'the death is counted', () => restarts === death)
      await client.close()
      if (death < 3) expect(exporter.troubles!()).toEqual([])
      // The other process may have started it.
      else await within(5000, 'the third death is a trouble', () => exporter.troubles!().length === 1)
    }
    console.log(`served again after ${tookMs.map((ms) => ms.toFixed(0)).join(', ')} ms`)
    expect(exporter.troubles!()[0]).toBe(
      `NFS-Ganesha of project ${red} died 3 times within a minute, and was started again each time; connected each time: 127.0.11.77`,
    )
    expect(told.filter((line) => line.includes('died 3 times'))).toHaveLength(1)
    expect(pidOf(blue)).toBe(bystander)
    await within(5000, 'the other process knows, too', () => second.troubles!().length === 1)
    expect(second.troubles!()).toEqual(exporter.troubles!())
    expect(restarts).toBe(3)
    await second.stop(call(), { detach: false })
  })

  test('an export file that can not be read is told until it is written anew, whichever server it is of', async () => {
    const [one, two] = [makeImage(parts.dir, red), makeImage(parts.dir, blue)]
    const hosts = [await hostOf(one), await hostOf(two)]
    await exporter.applyRules(call(), exportOf(two), [rule(hosts[1]!)])
    truncateSync(join(dirOf(red), 'exports.d', `${one.id}.conf`), 100)
    const died = pidOf(red)
    await kill(died)
    // Its server goes on without it, and keeps the project's address.
    await within(15_000, 'the server is back', () => pidOf(red) !== died && isLiving(pidOf(red)))
    expect(await exporter.inventory(call())).toEqual([two.id])
    expect(exporter.troubles!()).toEqual([expect.stringContaining(one.id)])
    expect(told).toContain("NFS-Ganesha starts without exports whose files can't be read")
    await (await mount(hosts[1]!, two)).close()
    expect(await hostOf(one)).toBe(hosts[0])
    expect((await exporter.inventory(call())).toSorted()).toEqual([one.id, two.id].toSorted())
    expect(exporter.troubles!()).toEqual([])
  })

  test('an address that this host does not have, or that somebody has, is said', async () => {
    const image = makeImage(parts.dir, red)
    const at = (address: string, port: number) =>
      ganeshaExporter(complete(ganeshaOptions, { port, servers: 'per-project', addresses: [address] }), parts)
    const taken = createServer().listen(0, '127.0.11.9')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    for (const [address, why] of [
      ['192.0.2.99', 'EADDRNOTAVAIL'],
      ['127.0.11.9', 'somebody else listens'],
    ] as const) {
      const other = at(address, port)
      await expect(other.publish(call(), exportOf(image)), address).rejects.toThrow(why)
      expect(readdirSync(join(parts.dir, 'ganesha/projects'))).toEqual([])
    }
    taken.close()
  })

  test('a project whose server can not be brought up costs the others nothing, and gets it as soon as it can', async () => {
    const [one, two] = [makeImage(parts.dir, red), makeImage(parts.dir, blue)]
    await hostOf(one)
    const host = await hostOf(two)
    const port = exporter.port() ?? 0
    await exporter.applyRules(call(), exportOf(two), [rule(host)])
    await exporter.stop(call(), { detach: true })
    const taken = createServer().listen(port, addresses[0])
    await once(taken, 'listening')
    exporter = build()
    await exporter.setup(call())
    await (await mount(host, two)).close()
    expect(exporter.troubles!()).toEqual([expect.stringContaining(`project ${red} has no NFS server`)])
    taken.close()
    await within(15_000, 'its server is there', () => exporter.troubles!().length === 0)
    expect(isLiving(pidOf(red))).toBe(true)
  })

  test('after a restart of the host each server begins when the images of its project are mounted', async () => {
    const [one, two, other] = [
      makeImage(parts.dir, red),
      makeImage(parts.dir, red),
      makeImage(parts.dir, blue),
    ]
    const host = await hostOf(one)
    await hostOf(two)
    await hostOf(other)
    await exporter.applyRules(call(), exportOf(one), [rule(host)])
    const client = await session(host, exporter.port() ?? 0)
    const handle = await rootOf(client, one.id)
    await client.end()
    await exporter.stop(call(), { detach: true })
    for (const image of [one, two, other]) unmountImage(image)
    exporter = build()
    await exporter.setup(call())
    const runs = (project: string) =>
      existsSync(join(dirOf(project), 'ganesha.pid')) && isLiving(pidOf(project))
    expect([runs(red), runs(blue)]).toEqual([false, false])
    const back = mountImage(parts.dir, other)
    expect(await exporter.publish(call(), exportOf(back))).toHaveLength(1)
    expect([runs(red), runs(blue)]).toEqual([false, true])
    const first = mountImage(parts.dir, one)
    // What was served before is taken back without a server; what is new has to wait for one.
    expect(await exporter.publish(call(), exportOf(first))).toHaveLength(1)
    await exporter.applyRules(call(), exportOf(first), [rule(host)])
    await expect(exporter.publish(call(), exportOf(makeImage(parts.dir, red)))).rejects.toMatchObject({
      outcome: 'nothing-happened',
      retryAfterS: 2,
    })
    expect(runs(red)).toBe(false)
    mountImage(parts.dir, two)
    await within(3000, 'the server begins by itself', () => runs(red))
    await within(2000, 'and gives the same handle', async () => {
      const again = await session(host, exporter.port() ?? 0).catch(() => null)
      const same = again !== null && handle.equals(await rootOf(again, one.id))
      await again?.end()
      return same
    })
  })
})
