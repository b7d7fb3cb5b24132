import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { openStore } from '../db/open.ts'
import { createLog } from './log.ts'
import { keepPrivate } from './private-file.ts'

let dir: string
let umask: number
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'private-'))
  umask = process.umask(0)
})
afterAll(() => {
  process.umask(umask)
  rmSync(dir, { recursive: true, force: true })
})

const modeOf = (path: string) => (statSync(path).mode & 0o777).toString(8)
/** A file that was there before, open to everybody. */
function loose(name: string, content = ''): string {
  const path = join(dir, name)
  writeFileSync(path, content)
  chmodSync(path, 0o666)
  return path
}

describe('private from its first byte, and again when it was looser:', () => {
  test('a log, readable by its group', () => {
    for (const path of [join(dir, 'new', 'manila.log'), loose('old.log', 'before\n')]) {
      createLog('info', path).info('said')
      expect(modeOf(path)).toBe('640')
      expect(readFileSync(path, 'utf8')).toContain('said')
    }
    expect(readFileSync(join(dir, 'old.log'), 'utf8')).toMatch(/^before\n/)
  })

  test('a database file and what SQLite writes beside it', async () => {
    for (const path of [join(dir, 'new.db'), loose('old.db')]) {
      const store = await openStore(`sqlite:${path}`)
      await store.db.schema.createTable('t').addColumn('id', 'text').execute()
      expect([modeOf(path), modeOf(`${path}-wal`)]).toEqual(['600', '600'])
      await store.close()
    }
  })
})

test('what is stricter than it must be stays so, and what is no file is left alone', () => {
  const path = loose('strict')
  chmodSync(path, 0o400)
  keepPrivate(path, 0o640)
  expect(modeOf(path)).toBe('400')
  keepPrivate('/dev/null', 0o600)
  expect(modeOf('/dev/null')).toBe('666')
})
