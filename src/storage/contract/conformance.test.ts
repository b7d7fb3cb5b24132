import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { exporter } from '../exporters/sim.ts'
import { conformance, NotDeclared, runConformance } from './conformance.ts'
import type { Exporter, ExporterFactory, StorageDriver } from './driver.ts'
import { abilityNames } from '../drivers/sim/config.ts'
import { simTarget } from '../drivers/sim/target.fixture.ts'

/** The sim's, of a server that can't hold much. */
const simExporter: ExporterFactory = {
  ...exporter,
  create: (options, parts) =>
    exporter.create({ ...(options as object), rules_per_export: 30, exports_per_server: 8 } as never, parts),
}

const natively = {
  ...simTarget({ memory: true, native_protocols: ['CEPHFS'] }),
  name: 'sim that publishes natively',
  protocol: 'CEPHFS',
}

for (const target of [simTarget({}, simExporter), simTarget({ memory: true }, simExporter), natively]) {
  describe(target.name, async () => {
    for (const check of await conformance(target)) {
      // The driver states no limits of its own.
      if (target === natively && check.notDeclared?.startsWith('no limit') === true) continue
      test(check.name, async () => {
        expect(check.notDeclared).toBeNull()
        await check.run()
      })
    }
  })
}

test('a driver without abilities passes the core and nothing else', async () => {
  const lines: string[] = []
  const target = {
    ...simTarget({ memory: true, without: [...abilityNames] }),
    probes: undefined,
    limits: undefined,
  }
  const verdict = await runConformance(target as never, (line) => lines.push(line))
  expect(verdict.failed).toEqual([])
  expect(verdict.passed).toContain('create twice answers the same and makes one')
  expect(verdict.notDeclared).toContain('snapshot twice answers the same and takes one')
  expect(verdict.notDeclared).toContain('publish twice answers the same and publishes one')
  expect(
    verdict.passed.filter((name) => /snapshot|clone|revert|shrink|manage|measure|publish|rule/.test(name)),
  ).toEqual([])
  expect(lines.at(-1)).toBe(
    `sim in memory: ${verdict.passed.length} passed, 0 failed, ${verdict.notDeclared.length} not declared`,
  )
})

test('a check of something undeclared never counts as passed', async () => {
  const checks = await conformance(simTarget({ memory: true, without: ['clones'] }))
  const clone = checks.find((check) => check.name === 'clone twice answers the same and makes one')
  expect(clone?.notDeclared).toBe("the driver doesn't declare clones")
  await expect(clone?.run()).rejects.toBeInstanceOf(NotDeclared)
})

// ------------------------------------------------------------------------- the kit can fail: one driver per broken law

type Break = (whole: StorageDriver) => Partial<StorageDriver>

const brokenDrivers: readonly [law: string, breach: string, Break][] = [
  [
    'setup twice',
    'a second setup fails',
    (whole) => {
      let ready = false
      return {
        setup: async (call) =>
          ready ? Promise.reject(new Error('already set up')) : ((ready = true), whole.setup(call)),
      }
    },
  ],
  [
    'pools are sane',
    'more is free than there is',
    (whole) => ({
      pools: async (call) => (await whole.pools(call)).map((pool) => ({ ...pool, freeGib: 1e9 })),
    }),
  ],
  [
    'create answers a state and a tree',
    'the tree of a share is read-only',
    (whole) => ({
      create: async (call, share) => ({
        ...(await whole.create(call, share)),
        tree: { path: '/x', readOnly: true },
      }),
    }),
  ],
  [
    'create twice answers the same and makes one',
    'the answer counts calls',
    (whole) => {
      let calls = 0
      return {
        create: async (call, share) => ({
          ...(await whole.create(call, share)),
          state: { call: `${++calls}` },
        }),
      }
    },
  ],
  [
    'create twice keeps what was written in between',
    'create starts over',
    (whole) => ({
      async create(call, share) {
        await whole.delete(call, share)
        return whole.create(call, share)
      },
    }),
  ],
  [
    'create at the same time makes one',
    'whoever comes second is lost',
    (whole) => {
      const busy = new Set<string>()
      return {
        async create(call, share) {
          if (busy.has(share.id)) throw new Error('stuck')
          busy.add(share.id)
          return whole.create(call, share)
        },
      }
    },
  ],
  [
    'create in a pool that is not there is refused',
    'any pool will do',
    (whole) => ({
      create: (call, share) => whole.create(call, { ...share, pool: 'sim' }),
    }),
  ],
  [
    'delete twice',
    'the second delete complains',
    (whole) => ({
      async delete(call, share) {
        await whole.ensure(call, share)
        await whole.delete(call, share)
      },
    }),
  ],
  [
    'delete of what was never made',
    'delete of the absent complains',
    (whole) => ({
      async delete(call, share) {
        await whole.ensure(call, share)
        await whole.delete(call, share)
      },
    }),
  ],
  [
    'delete without the state that create answered',
    'delete leans on the state',
    (whole) => ({
      delete: async (call, share) => (share.state['tree'] ? whole.delete(call, share) : undefined),
    }),
  ],
  [
    'delete after a create that was cut short',
    'delete only knows what it finished',
    (whole) => {
      const made = new Set<string>()
      return {
        async create(call, share) {
          const answer = await whole.create({ ...call, signal: new AbortController().signal }, share)
          await sleep(30)
          if (call.signal.aborted) throw new Error('cut short')
          made.add(share.id)
          return answer
        },
        delete: async (call, share) => (made.has(share.id) ? whole.delete(call, share) : undefined),
      }
    },
  ],
  [
    'delete after a create that broke half-way',
    'half-made shares stay',
    (whole) => ({
      async delete(call, share) {
        if (await whole.ensure(call, share).catch(() => null)) await whole.delete(call, share)
      },
    }),
  ],
  [
    'create after a create that broke half-way',
    'half-made shares block their id',
    (whole) => ({
      async create(call, share) {
        const { shares } = await whole.inventory(call)
        if (shares.includes(share.id)) await whole.ensure(call, share)
        return whole.create(call, share)
      },
    }),
  ],
  [
    'ensure answers what create answered',
    'ensure forgets the state',
    (whole) => ({
      ensure: async (call, share) => ({ ...(await whole.ensure(call, share)), state: {} }),
    }),
  ],
  [
    'ensure never makes what is not there',
    'ensure makes an empty replacement',
    (whole) => ({
      ensure: (call, share) => whole.create(call, share),
    }),
  ],
  [
    'setup after stop finds every share again',
    'detaching destroys',
    (whole) => ({
      async stop(call, options) {
        const { shares } = await whole.inventory(call)
        for (const id of options.detach ? shares : []) await whole.delete(call, { id } as never)
        await whole.stop(call, options)
      },
    }),
  ],
  [
    'another process finds every share again',
    'shares are known to one process',
    (whole) => {
      const mine = new Set<string>()
      return {
        create: async (call, share) => (mine.add(share.id), whole.create(call, share)),
        ensure: (call, share) => whole.ensure(call, mine.has(share.id) ? share : { ...share, id: 'nobody' }),
      }
    },
  ],
  [
    'inventory lists exactly what is there',
    'inventory forgets one',
    (whole) => ({
      async inventory(call) {
        const { shares, snapshots } = await whole.inventory(call)
        return { shares: shares.slice(1), snapshots }
      },
    }),
  ],
  [
    'ids never become paths',
    'ids are cleaned instead of refused',
    (whole) => ({
      create: (call, share) =>
        whole.create(call, { ...share, id: share.id.replaceAll(/[^a-z0-9-]/g, '').replace(/^-*$/, 'x') }),
    }),
  ],
  [
    'a call from an earlier owner changes nothing',
    'delete ignores the fence',
    (whole) => ({
      delete: (call, share) => whole.delete({ ...call, fence: null }, share),
    }),
  ],
  [
    'a late create from an earlier owner makes nothing',
    'create ignores the fence',
    (whole) => ({
      create: (call, share) => whole.create({ ...call, fence: null }, share),
    }),
  ],
  [
    'the deadline is kept',
    'deadlines are ignored',
    (whole) => ({
      create: (call, share) => whole.create({ ...call, deadlineMs: 2600 }, share),
    }),
  ],
  [
    'extend twice',
    'extend adds instead of setting',
    (whole) => {
      const seen = new Set<string>()
      return {
        async extend(call, share, size) {
          if (seen.has(share.id)) throw new Error('already extended')
          seen.add(share.id)
          await whole.extend(call, share, size)
        },
      }
    },
  ],
  [
    'extend of what is not there is refused',
    'extend makes the share',
    (whole) => ({
      extend: async (call, share, sizeGib) => void (await whole.create(call, { ...share, sizeGib })),
    }),
  ],
  ['extend keeps the content and gives the room', 'extend only says so', () => ({ extend: async () => {} })],
  [
    'a share holds no more than its size',
    'shares are made twice as large',
    (whole) => ({
      create: (call, share) => whole.create(call, { ...share, sizeGib: share.sizeGib * 2 }),
    }),
  ],
  [
    'shrink twice',
    'shrink wants to see a change',
    (whole) => {
      const seen = new Set<string>()
      return {
        shrinks: {
          async shrink(call, share, size) {
            if (seen.has(share.id)) throw new Error('already that small')
            seen.add(share.id)
            await whole.shrinks!.shrink(call, share, size)
          },
        },
      }
    },
  ],
  [
    'shrink below what is used is refused and changes nothing',
    'shrink never looks',
    () => ({
      shrinks: { shrink: async () => {} },
    }),
  ],
  [
    'shrink to what still fits keeps the content and lowers the limit',
    'shrink only says so',
    () => ({
      shrinks: { shrink: async () => {} },
    }),
  ],
  [
    'measure answers one row for every id',
    'rows of absent shares are left out',
    (whole) => ({
      measures: {
        measure: async (...all) =>
          (await whole.measures!.measure(...all)).filter((row) => row.reason === null),
      },
    }),
  ],
  [
    'measure answers for snapshots too',
    'snapshots are left out',
    (whole) => ({
      measures: {
        measure: (call, shares, _snapshots, options) => whole.measures!.measure(call, shares, [], options),
      },
    }),
  ],
  [
    'measure follows what is written',
    'everything is empty',
    (whole) => ({
      measures: {
        measure: async (...all) =>
          (await whole.measures!.measure(...all)).map((row) => ({ ...row, usedBytes: 0 })),
      },
    }),
  ],
  [
    'snapshot twice answers the same and takes one',
    'the second snapshot complains',
    (whole) => {
      const seen = new Set<string>()
      return {
        snapshots: {
          ...whole.snapshots!,
          async create(call, snapshot) {
            if (seen.has(snapshot.id)) throw new Error('exists')
            seen.add(snapshot.id)
            return whole.snapshots!.create(call, snapshot)
          },
        },
      }
    },
  ],
  [
    'snapshot of what is not there is refused',
    'snapshots of nothing are empty',
    (whole) => ({
      snapshots: {
        ...whole.snapshots!,
        create: (call, snapshot) => whole.snapshots!.create(call, snapshot).catch(() => ({ state: {} })),
      },
    }),
  ],
  [
    'snapshot delete twice, and of what was never taken',
    'delete of the absent complains',
    (whole) => ({
      snapshots: {
        ...whole.snapshots!,
        async delete(call, snapshot) {
          await whole.mountsSnapshots!.tree(call, snapshot)
          await whole.snapshots!.delete(call, snapshot)
        },
      },
    }),
  ],
  [
    'a snapshot of which no row is left goes by its id alone, and its share stays',
    'a snapshot is looked for below its share, which nobody knows any more',
    (whole) => ({
      snapshots: {
        ...whole.snapshots!,
        async delete(call, snapshot) {
          const there = (await whole.inventory(call)).shares.includes(snapshot.share.id)
          if (there) await whole.snapshots!.delete(call, snapshot)
        },
      },
    }),
  ],
  [
    'snapshot ids never become paths',
    'ids are cleaned instead of refused',
    (whole) => ({
      snapshots: {
        ...whole.snapshots!,
        create: (call, snapshot) =>
          whole.snapshots!.create(call, { ...snapshot, id: `x${snapshot.id.replaceAll(/[^a-z0-9-]/g, '')}` }),
      },
    }),
  ],
  [
    'snapshot repeated after a change keeps the first moment',
    'the repeat takes a new one',
    (whole) => ({
      snapshots: {
        ...whole.snapshots!,
        async create(call, snapshot) {
          await whole.snapshots!.delete(call, snapshot)
          return whole.snapshots!.create(call, snapshot)
        },
      },
    }),
  ],
  [
    'clone twice answers the same and makes one',
    'the second clone complains',
    (whole) => ({
      clones: {
        async clone(call, share, snapshot) {
          const { shares } = await whole.inventory(call)
          if (shares.includes(share.id)) throw new Error('exists')
          return whole.clones!.clone(call, share, snapshot)
        },
      },
    }),
  ],
  [
    'clone and source go separate ways',
    'the clone is refilled by a repeat',
    (whole) => ({
      clones: {
        async clone(call, share, snapshot) {
          await whole.delete(call, share)
          return whole.clones!.clone(call, share, snapshot)
        },
      },
    }),
  ],
  [
    'clone outlives its snapshot',
    'the snapshot takes its clones along',
    (whole) => {
      const cloned = new Map<string, Parameters<StorageDriver['delete']>[1]>()
      return {
        clones: {
          clone: (call, share, snapshot) => (
            cloned.set(snapshot.id, share),
            whole.clones!.clone(call, share, snapshot)
          ),
        },
        snapshots: {
          ...whole.snapshots!,
          async delete(call, snapshot) {
            const clone = cloned.get(snapshot.id)
            if (clone) await whole.delete(call, clone)
            await whole.snapshots!.delete(call, snapshot)
          },
        },
      }
    },
  ],
  [
    'clone of a snapshot that is not there is refused',
    'a clone of nothing is empty',
    (whole) => ({
      clones: {
        clone: (call, share, snapshot) =>
          whole.clones!.clone(call, share, snapshot).catch(() => whole.create(call, share)),
      },
    }),
  ],
  [
    'clone holds no more than its own size',
    'a clone has no limit',
    (whole) => ({
      clones: {
        clone: (call, share, snapshot) => whole.clones!.clone(call, { ...share, sizeGib: 100 }, snapshot),
      },
    }),
  ],
  [
    'revert brings the content and the size back',
    'revert only says so',
    (whole) => ({
      reverts: { revert: (call, share) => whole.ensure(call, share) },
    }),
  ],
  [
    'revert repeated by its operation keeps later writes',
    'every revert runs',
    (whole) => {
      let runs = 0
      return {
        reverts: {
          revert: (call, share, snapshot) => whole.reverts!.revert(call, share, snapshot, `run-${++runs}`),
        },
      }
    },
  ],
  [
    'mountable snapshot is a read-only tree',
    'snapshots can be written',
    (whole) => ({
      mountsSnapshots: {
        ...whole.mountsSnapshots!,
        tree: async (call, snapshot) => ({
          ...(await whole.mountsSnapshots!.tree(call, snapshot)),
          readOnly: false,
        }),
      },
    }),
  ],
  [
    'mountable snapshot shows the moment it was taken',
    'what is mounted is the present',
    (whole) => ({
      mountsSnapshots: {
        ...whole.mountsSnapshots!,
        async tree(call, snapshot) {
          await whole.snapshots!.delete(call, snapshot)
          await whole.snapshots!.create(call, snapshot)
          return whole.mountsSnapshots!.tree(call, snapshot)
        },
      },
    }),
  ],
  [
    'unmanage lets go and manage takes back, content and all',
    'unmanage deletes',
    (whole) => ({
      manages: { ...whole.manages!, unmanage: (call, share) => whole.delete(call, share) },
    }),
  ],
  [
    'unmanage of what is not there',
    'unmanage of the absent complains',
    (whole) => ({
      manages: {
        ...whole.manages!,
        async unmanage(call, share) {
          await whole.ensure(call, share)
          await whole.manages!.unmanage(call, share)
        },
      },
    }),
  ],
  [
    'manage takes nothing that is not its own to give',
    'any path becomes a share',
    (whole) => ({
      manages: {
        ...whole.manages!,
        manage: (call, share, path, options) =>
          whole
            .manages!.manage(call, share, path, options)
            .catch(async () => ({ ...(await whole.create(call, share)), sizeGib: 1 })),
      },
    }),
  ],
  [
    'snapshot unmanage lets go and manage takes back',
    'unmanage deletes',
    (whole) => ({
      managesSnapshots: {
        ...whole.managesSnapshots!,
        unmanage: (call, snapshot) => whole.snapshots!.delete(call, snapshot),
      },
    }),
  ],
  [
    'snapshot manage takes nothing that is not its own to give',
    'any location is taken',
    (whole) => ({
      managesSnapshots: {
        ...whole.managesSnapshots!,
        manage: async (call, snapshot) => ({
          ...(await whole.snapshots!.create(call, snapshot)),
          sizeGib: 1,
        }),
      },
    }),
  ],
]

const brokenExporters: readonly [law: string, breach: string, (whole: Exporter) => Partial<Exporter>][] = [
  [
    'publish twice answers the same and publishes one',
    'the location changes',
    (whole) => {
      let calls = 0
      return {
        publish: async (call, target) => {
          calls += 1
          return (await whole.publish(call, target)).map((location) => ({
            ...location,
            path: `${location.path}${calls}`,
          }))
        },
      }
    },
  ],
  [
    'two shares have different locations',
    'one location for all',
    (whole) => ({
      publish: async (call, target) =>
        (await whole.publish(call, target)).map((location) => ({ ...location, path: '/everything' })),
    }),
  ],
  [
    'unpublish twice, and of what was never published',
    'unpublish takes all along',
    (whole) => ({
      async unpublish(call, target) {
        for (const id of await whole.inventory(call)) await whole.unpublish(call, { ...target, id })
      },
    }),
  ],
  [
    'every rule has one outcome, whatever the order, however often',
    'only changes are answered',
    (whole) => {
      const seen = new Set<string>()
      return {
        applyRules: async (call, target, rules) =>
          (await whole.applyRules(call, target, rules)).filter(({ id }) => !seen.has(id) && seen.add(id)),
      }
    },
  ],
  [
    'rules replace the whole set',
    'rules only add',
    (whole) => {
      const all = new Map<string, Parameters<Exporter['applyRules']>[2][number]>()
      return {
        async applyRules(call, target, rules) {
          for (const rule of rules) all.set(rule.id, rule)
          return whole.applyRules(call, target, [...all.values()])
        },
      }
    },
  ],
  [
    'publishing again cuts nobody off',
    'publishing starts over',
    (whole) => ({
      async publish(call, target) {
        await whole.unpublish(call, target)
        return whole.publish(call, target)
      },
    }),
  ],
  [
    'a rule of an unsupported type is in error and stops no other',
    'a bad rule throws',
    (whole) => ({
      async applyRules(call, target, rules) {
        const outcomes = await whole.applyRules(call, target, rules)
        if (outcomes.some((outcome) => outcome.state === 'error')) throw new Error('bad rule')
        return outcomes
      },
    }),
  ],
  [
    'a rule that can not be applied is named and harms no other, and who is denied is out all the same',
    'a network without words is left out without a word',
    (whole) => ({
      applyRules: (call, target, rules) =>
        whole.applyRules(
          call,
          target,
          rules.filter(({ to }) => to !== '2001:db8::/112'),
        ),
    }),
  ],
  [
    'names never become paths',
    'names are cleaned instead of refused',
    (whole) => ({
      publish: (call, target) =>
        whole.publish(call, { ...target, name: `x${target.name.replaceAll(/[^a-z0-9-]/g, '')}` }),
    }),
  ],
]

const broken: typeof brokenExporters = [
  ...brokenExporters,
  [
    'as many rules as it says hold, those beyond are in error, and the export goes on',
    'the export is lost over too many rules',
    (whole) => ({
      async applyRules(call, target, rules) {
        if (rules.length <= 30) return whole.applyRules(call, target, rules)
        await whole.unpublish(call, target)
        throw new Error('its file is too long')
      },
    }),
  ],
  [
    'as many exports as it says are there, one more is refused, and the others stay',
    'the first has to go for the ninth',
    (whole) => ({
      async publish(call, target) {
        const ids = await whole.inventory(call)
        const [oldest] = ids.includes(target.id) ? [] : ids.slice(7)
        if (oldest !== undefined) await whole.unpublish(call, { ...target, id: oldest })
        return whole.publish(call, target)
      },
    }),
  ],
]

/** A name for each law whose breaking can't be had by wrapping the sim; it has a test of its own below. */
const brokenElsewhere = ['a share that is 90 % full can be overwritten']

describe('a driver that breaks', () => {
  test.each(brokenDrivers)('"%s" (%s) fails that check', async (law, _how, breaks) => {
    const wrap = (whole: StorageDriver) => ({ ...whole, ...breaks(whole) })
    await expectFailure(simTarget({}, simExporter, wrap), law)
  })
})

describe('an exporter that breaks', () => {
  test.each(broken)('"%s" (%s) fails that check', async (law, _how, breaks) => {
    const breaking: ExporterFactory = {
      ...simExporter,
      create(options, parts) {
        const whole = simExporter.create(options, parts)
        return { ...whole, ...breaks(whole) }
      },
    }
    await expectFailure(simTarget({}, breaking), law)
  })
})

test('a file system that can not overwrite when nearly full fails that check', async () => {
  const target = simTarget()
  const written = new Set<string>()
  const probes = {
    ...target.probes!,
    write: async (...[place, content]: Parameters<NonNullable<typeof target.probes>['write']>) =>
      written.has(place.id)
        ? ('full' as const)
        : (written.add(place.id), target.probes!.write(place, content)),
  }
  await expectFailure({ ...target, probes }, 'a share that is 90 % full can be overwritten')
})

test('every law of the kit has somebody who breaks it', async () => {
  const names = (await conformance(simTarget({ memory: true }, simExporter))).map((check) => check.name)
  const laws = [...brokenDrivers, ...broken].map(([law]) => law)
  expect([...laws, ...brokenElsewhere].toSorted()).toEqual(names.toSorted())
})

async function expectFailure(target: ReturnType<typeof simTarget>, law: string): Promise<void> {
  const check = (await conformance(target)).find((check) => check.name === law)
  expect(check?.notDeclared).toBeNull()
  await expect(check!.run()).rejects.toThrow()
}
