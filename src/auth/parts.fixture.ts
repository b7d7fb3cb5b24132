/** An Auth Manager over an empty database in memory, for tests: cheap hashes, a clock that stands still. */
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Store } from '../db/open.ts'
import { openTestStore } from '../db/store.fixture.ts'
import { bootstrap, ensureAccount, type AccountIds } from './bootstrap.ts'
import { AuthManager, type AuthOptions } from './manager.ts'
import { argon2Hasher } from './passwords.ts'

export interface StillClock {
  value: number
  now(): number
  /** Moves on by this many seconds. */
  pass(seconds: number): void
}

export function stillClock(start = 1_790_000_000_000_000): StillClock {
  const clock = {
    value: start,
    // Never the same twice, as the real one.
    now: () => ++clock.value,
    pass: (seconds: number) => {
      clock.value += seconds * 1_000_000
    },
  }
  return clock
}

export const adminPassword = 'correct horse'
export const demoPassword = 'battery staple'

export interface AuthBench {
  readonly store: Store
  readonly clock: StillClock
  readonly keyFile: string
  readonly auth: AuthManager
  readonly admin: AccountIds
  readonly demo: AccountIds
  /** Another process on the same database and key file. */
  another(): Promise<AuthManager>
  close(): Promise<void>
}

export async function authBench(options: Partial<AuthOptions> = {}): Promise<AuthBench> {
  const folder = mkdtempSync(join(tmpdir(), 'auth-'))
  const keyFile = join(folder, 'keys', `${randomUUID()}.json`)
  const store = options.store ?? (await openTestStore())
  const clock = stillClock()
  const hasher = argon2Hasher({ memoryKib: 64, passes: 1, lanes: 1 })
  const open = (): Promise<AuthManager> => AuthManager.open({ store, clock, keyFile, hasher, ...options })
  const auth = await open()
  const admin = await bootstrap(auth, { password: adminPassword })
  const demo = await ensureAccount(auth, {
    userName: 'demo',
    projectName: 'demo',
    password: demoPassword,
    roles: ['member'],
  })
  return {
    store,
    clock,
    keyFile,
    auth,
    admin,
    demo,
    another: open,
    async close() {
      await store.close()
      rmSync(folder, { recursive: true })
    },
  }
}
