import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { AuthManager } from '../auth/manager.ts'
import { openTestStore } from '../db/test-store.ts'
import { systemClock } from '../runtime/clock.ts'
import { ensureAccounts } from './accounts.ts'

test('clouds.yaml is its owner’s alone, also where another file stood, and keeps its passwords', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'accounts-'))
  const umask = process.umask(0)
  const store = await openTestStore()
  try {
    const auth = await AuthManager.open({ store, clock: systemClock(), keyFile: join(dir, 'token-key.json') })
    const write = () => ensureAccounts(auth, dir, 'http://127.0.0.1:1', { link: false })
    const file = await write()
    const passwords = () =>
      Object.values(
        (parse(readFileSync(file, 'utf8')) as { clouds: Record<string, { auth: { password: string } }> })
          .clouds,
      ).map(({ auth: { password } }) => password)
    const first = passwords()
    expect(first).toHaveLength(2)
    for (const mode of [0o600, 0o644, 0o666]) {
      chmodSync(file, mode)
      await write()
      expect((statSync(file).mode & 0o777).toString(8)).toBe('600')
      expect(passwords()).toEqual(first)
    }
    // A link is not written through.
    const elsewhere = join(dir, 'elsewhere')
    writeFileSync(elsewhere, '{}', { mode: 0o644 })
    rmSync(file)
    symlinkSync(elsewhere, file)
    await write()
    expect([readFileSync(elsewhere, 'utf8'), (statSync(file).mode & 0o777).toString(8)]).toEqual([
      '{}',
      '600',
    ])
    expect(readdirSync(dir).toSorted((a, b) => a.localeCompare(b))).toEqual([
      'clouds.yaml',
      'elsewhere',
      'token-key.json',
    ])
  } finally {
    process.umask(umask)
    await store.close()
    rmSync(dir, { recursive: true, force: true })
  }
})
