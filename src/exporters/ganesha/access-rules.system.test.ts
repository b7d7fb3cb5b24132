import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { call, cannotRun, complete, scratch } from '../../drivers/btrfs/test-bench.ts'
import { ganeshaExporter } from './exporter.ts'
import { ganeshaOptions } from './options.ts'
import { clientsAtMost } from './rules.ts'
import { rootOf, rule, session } from './test-bench.ts'
import type { ExportRef, Parts } from '../../drivers/driver.ts'
import type { GaneshaExporter } from './exporter.ts'

/** By which of this host's addresses the export can be looked up. */
async function admitted(port: number, name: string, hosts: readonly string[]): Promise<readonly string[]> {
  const found: string[] = []
  for (const host of hosts) {
    const client = await session('127.0.0.1', port, host)
    const handle = await rootOf(client, name).catch(() => null)
    await client.end()
    if (handle !== null) found.push(host)
  }
  return found
}

describe.skipIf(cannotRun !== null)('rules and files of exports', () => {
  let world: ReturnType<typeof scratch>
  let parts: Parts
  let exporter: GaneshaExporter

  const build = () => ganeshaExporter(complete(ganeshaOptions, { port: 0 }), parts)
  const fileOf = (id: string) => join(parts.dir, 'ganesha/exports.d', `${id}.conf`)
  const look = (target: ExportRef, ...hosts: string[]) => admitted(exporter.port() ?? 0, target.name, hosts)
  const restart = async () => {
    await exporter.stop(call(), { detach: true })
    return async () => {
      exporter = build()
      await exporter.setup(call())
    }
  }

  function aShare(): ExportRef {
    const id = randomUUID()
    const path = join(parts.dir, 'trees', id)
    mkdirSync(path, { recursive: true })
    return { id, protocol: 'NFS', projectId: 'p', state: {}, tree: { path, readOnly: false }, name: id }
  }

  async function published(...rules: string[]): Promise<ExportRef> {
    const target = aShare()
    await exporter.publish(call(), target)
    await exporter.applyRules(
      call(),
      target,
      rules.map((to) => rule(to)),
    )
    return target
  }

  beforeEach(async () => {
    world = scratch()
    parts = world.parts('alpha')
    exporter = build()
    await exporter.setup(call())
  })
  afterEach(async () => {
    await exporter.stop(call(), { detach: true })
    world.clean()
  })

  test('a network that the server does not take is in error alone, and so is an address that is everybody to it', async () => {
    const target = aShare()
    await exporter.publish(call(), target)
    const apply = async (...rules: string[]) =>
      (
        await exporter.applyRules(
          call(),
          target,
          rules.map((to) => rule(to)),
        )
      ).map(({ id, state }) => `${id} ${state}`)
    expect(
      await apply('2001:db8::/112', '127.0.0.1', '0.0.0.0', '2001:db8::/121', '2001:db8::/127', '::'),
    ).toEqual([
      '2001:db8::/112 error',
      '127.0.0.1 active',
      '0.0.0.0 error',
      '2001:db8::/121 active',
      '2001:db8::/127 active',
      ':: error',
    ])
    expect(await look(target, '127.0.0.1', '127.0.0.2')).toEqual(['127.0.0.1'])
    // What is left when somebody is denied is applied, whatever else is wrong.
    expect(await apply('2001:db8::/112')).toEqual(['2001:db8::/112 error'])
    expect(await look(target, '127.0.0.1')).toEqual([])
  })

  test('thousands of rules are published, changed, kept over a restart and taken away', async () => {
    const target = aShare()
    const many = Array.from({ length: clientsAtMost - 1 }, (_, n) =>
      rule(`10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`),
    )
    await exporter.publish(call(), target)
    const outcomes = await exporter.applyRules(call(), target, [...many, rule('127.0.0.1')])
    expect(outcomes.every(({ state }) => state === 'active')).toBe(true)
    await exporter.publish(call(), target)
    expect(await look(target, '127.0.0.1', '127.0.0.2')).toEqual(['127.0.0.1'])
    await (
      await restart()
    )()
    expect(await look(target, '127.0.0.1', '127.0.0.2')).toEqual(['127.0.0.1'])
    await exporter.applyRules(call(), target, many)
    expect(await look(target, '127.0.0.1')).toEqual([])
    await exporter.unpublish(call(), target)
    expect(await exporter.inventory(call())).toEqual([])
  })

  test.each([
    ['is torn', (text: string) => text.slice(0, text.length / 2)],
    ['is not what it was', () => '\u0000\u0001'.repeat(9000)],
    [
      'has a first line without an end',
      (text: string) => `${text.split('\n')[0]?.slice(0, -9)}${'x'.repeat(20_000)}`,
    ],
    ['is larger than any', () => 'x'.repeat(17 * 1024 * 1024)],
    ['is empty', () => ''],
  ])('a file that %s keeps nobody else from being served, is told and written anew', async (_, harm) => {
    const [target, other] = [await published('127.0.0.1'), await published('127.0.0.1')]
    const start = await restart()
    writeFileSync(fileOf(target.id), harm(readFileSync(fileOf(target.id), 'utf8')))
    await start()
    expect(await look(other, '127.0.0.1', '127.0.0.2')).toEqual(['127.0.0.1'])
    const lost = !(await exporter.inventory(call())).includes(target.id)
    if (lost) {
      expect(exporter.troubles?.().join()).toContain(target.id)
      // What the reconciler of exports does with a missing one.
      await exporter.publish(call(), target)
      await exporter.applyRules(call(), target, [rule('127.0.0.1')])
    }
    expect(await look(target, '127.0.0.1', '127.0.0.2')).toEqual(['127.0.0.1'])
    expect(exporter.troubles?.()).toEqual([])
    expect(readdirSync(join(parts.dir, 'ganesha/exports.d')).toSorted()).toEqual(
      [target.id, other.id].map((id) => `${id}.conf`).toSorted(),
    )
  })

  test('a file that can not be read while the server runs is found by the next call, and can be taken away', async () => {
    const [target, gone] = [await published('127.0.0.1'), await published('127.0.0.1')]
    for (const { id } of [target, gone]) writeFileSync(fileOf(id), 'nothing')
    await expect(exporter.applyRules(call(), target, [])).rejects.toMatchObject({ reason: 'not-found' })
    expect(await exporter.inventory(call())).toEqual([gone.id])
    expect(exporter.troubles?.().join()).toContain('could not read the files of 1 exports')
    await exporter.publish(call(), target)
    expect(await look(target, '127.0.0.1')).toEqual([])
    await exporter.unpublish(call(), gone)
    expect(await look(gone, '127.0.0.1')).toEqual([])
    expect(await exporter.inventory(call())).toEqual([target.id])
    expect(readdirSync(join(parts.dir, 'ganesha/numbers')).length).toBe(2)
  })

  test('files of an earlier release are read, without what they must not say', async () => {
    const target = await published('127.0.0.1')
    const start = await restart()
    const text = readFileSync(fileOf(target.id), 'utf8')
    const [first = '', ...rest] = text.split('\n')
    const said = JSON.parse(first.slice('# manila '.length)) as object
    const many = Array.from({ length: 7000 }, (_, n) => ({
      clients: [`10.0.${n >> 8}.${n & 255}`],
      level: 'rw',
      bits: 128,
    }))
    const rules = [
      { clients: ['0.0.0.0'], level: 'rw', bits: 128 },
      { clients: ['127.0.0.1'], level: 'rw', bits: 128 },
      { clients: ['2001:db8::/112'], level: 'rw', bits: 112 },
      ...many,
    ]
    const lines = rest.flatMap((line) =>
      line.includes('CLIENT')
        ? rules.map(
            ({ clients }) => `  CLIENT { Clients = ${clients.join(', ')}; Access_Type = RW; Protocols = 4; }`,
          )
        : [line],
    )
    writeFileSync(fileOf(target.id), [`# manila ${JSON.stringify({ ...said, rules })}`, ...lines].join('\n'))
    await start()
    expect(await exporter.inventory(call())).toEqual([target.id])
    await exporter.publish(call(), target)
    expect(await look(target, '127.0.0.1', '127.0.0.2')).toEqual(['127.0.0.1'])
    rmSync(fileOf(target.id))
    expect(await exporter.inventory(call())).toEqual([])
  })
})
