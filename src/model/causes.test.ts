import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { knownCauseCodes, toldCause } from './causes.ts'

/** Every `code: '…'` beside a `message` and `retryable`, and every reason of a driver, as the sources have them. */
function codesInUse(): Set<string> {
  const root = join(import.meta.dirname, '..')
  const codes = new Set(['backend-maybe-happened', 'backend-no-room-here', 'backend-nothing-happened'])
  for (const folder of ['app', 'data', 'engine', 'scheduler', 'share-manager'])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || /test/.test(name)) continue
      const text = readFileSync(join(root, folder, name), 'utf8')
      for (const [, code] of text.matchAll(/code: '([a-z-]+)'/g)) codes.add(code ?? '')
    }
  const driver = readFileSync(join(root, 'drivers', 'driver.ts'), 'utf8')
  const [, reasons = ''] = /export type DriverReason =([\s\S]*?)\n\n/.exec(driver) ?? []
  for (const [, reason] of reasons.matchAll(/\| '([a-z-]+)'/g)) codes.add(reason ?? '')
  return codes
}

describe('the cause that tenants are told', () => {
  it('has a sentence for every code in use, and for no other', () => {
    expect([...knownCauseCodes].sort()).toEqual([...codesInUse()].sort())
    for (const code of knownCauseCodes) expect(toldCause(code, null).message).toMatch(/^[A-Z].*\.$/)
  })

  it('is the sentence of the user message where there is one', () => {
    expect(toldCause('no-valid-host', '009')).toEqual({
      code: 'no-valid-host',
      message: 'No storage could be allocated: no backend has enough room.',
      detailId: '009',
    })
    expect(toldCause('busy', '001').message).toBe(toldCause('busy', null).message)
  })

  it('takes over nothing that it does not know', () => {
    for (const odd of ['/dev/sdb', 'constructor', '']) {
      expect(toldCause(odd, odd)).toEqual({
        code: 'unknown',
        message: 'An unknown error occurred.',
        detailId: '001',
      })
    }
  })
})
