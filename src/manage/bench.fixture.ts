/** A command line with a state directory of its own, for tests: real files, the real registries, captured output. */
import { randomUUID } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { stringify } from 'smol-toml'
import { seedShare } from '../api/seed.fixture.ts'
import type { Bench } from '../api/bench.fixture.ts'
import { loadSettings } from '../config/load.ts'
import { migrate, openStore, type Store } from '../db/open.ts'
import type { Exporter, StorageDriver } from '../storage/contract/driver.ts'
import { driverNames, loadDriver } from '../storage/drivers/index.ts'
import { exporterNames, loadExporter } from '../storage/exporters/index.ts'
import { Policy } from '../policy/enforce.ts'
import { systemClock } from '../runtime/clock.ts'
import { chainProblems, functionProblems } from '../scheduler/configured.ts'
import { readKeystone } from '../sdk/keystone-reader.ts'
import { publishedBy, untrusted } from '../share-manager/admission.ts'
import { mismatch } from '../share-manager/exporter-table.ts'
import { moveShare } from '../share-manager/move-share.ts'
import { manage } from './manage.ts'

export const registries = { driverNames, exporterNames, loadDriver, loadExporter }

const mute = (): void => undefined

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
  /** Standard output as JSON. */
  // oxlint-disable-next-line typescript/no-explicit-any -- a test looks into it by path
  readonly json: () => any
}

export interface TestWorld {
  readonly dir: string
  readonly config: string
  /** `--config` is put in front. */
  run(...argv: readonly string[]): Promise<Ran>
  runWith(
    given: { stdin?: string; env?: NodeJS.ProcessEnv; typed?: readonly string[] },
    ...argv: readonly string[]
  ): Promise<Ran>
  /** Writes the configuration; `state_dir` is filled in. */
  configure(settings: Readonly<Record<string, unknown>>): void
  file(name: string, content: string, mode?: number): string
  /** A share of 2 GiB of user demo whose quota was charged; `share`: what else it is. */
  seedShare(share?: object): Promise<unknown>
  /** Opens the database, migrated, hands it over and closes it. */
  inStore<T>(work: (store: Store) => Promise<T>): Promise<T>
  end(): void
}

export function testWorld(): TestWorld {
  const dir = mkdtempSync(join(tmpdir(), 'manage-'))
  const state = join(dir, 'state')
  const config = join(dir, 'manila.toml')
  const configure = (settings: Readonly<Record<string, unknown>>): void =>
    writeFileSync(config, stringify({ state_dir: state, host: 'node', ...settings }))
  configure({})

  const runWith: TestWorld['runWith'] = async ({ stdin = '', env = {}, typed = [] }, ...argv) => {
    const answers = [...typed]
    let out = ''
    let err = ''
    const code = await manage(['--config', config, ...argv], {
      ...registries,
      out: (text) => void (out += text),
      err: (text) => void (err += text),
      write: (file, text) => writeFileSync(file, text, { mode: 0o600 }),
      env,
      stdin: async () => stdin,
      prompt: async () => answers.shift() ?? '',
      keystone: (cloud) => readKeystone({ env, ...(cloud === undefined ? {} : { cloud }) }),
      moveShare: ({ store, settings }, request) =>
        moveShare(
          { store, settings, clock: systemClock(), log: { info: mute, warn: mute, error: mute } },
          request,
        ),
      objection: ({ driver, exporters, ...backend }) =>
        untrusted({
          ...backend,
          driver: driver as StorageDriver,
          published: publishedBy(driver as StorageDriver, exporters as readonly Exporter[]),
        }),
      mismatch: (table, { protocols }, driver) =>
        mismatch(table, protocols, (driver as StorageDriver).native),
      checkPolicy: (file) => new Policy({ clock: systemClock(), file }).state().warnings,
      chainProblems,
      functionProblems,
    })
    return { code, out, err, json: () => JSON.parse(out) }
  }
  const inStore: TestWorld['inStore'] = async (work) => {
    mkdirSync(state, { recursive: true })
    const store = await openStore(loadSettings({ file: config }).database.url)
    try {
      await migrate(store)
      return await work(store)
    } finally {
      await store.close()
    }
  }
  // As much of the API's bench as the seeds ask for.
  const asBench = (store: Store): Bench =>
    ({ store, db: store.db, clock: systemClock(), id: () => randomUUID() }) as unknown as Bench
  return {
    dir,
    config,
    configure,
    runWith,
    inStore,
    seedShare: (share = {}) => inStore((store) => seedShare(asBench(store), 'demo', share)),
    run: (...argv) => runWith({}, ...argv),
    file(name, content, mode = 0o600) {
      const path = join(dir, name)
      writeFileSync(path, content, { mode })
      return path
    },
    end: () => rmSync(dir, { recursive: true, force: true }),
  }
}
