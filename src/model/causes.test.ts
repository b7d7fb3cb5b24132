import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { knownCauseCodes, recordedUnmet, toldCause, userMessage } from './causes.ts'
import { messageDetails } from './messages.ts'

const told = (code: string, detailId: string | null = null, unmet: string | null = null) =>
  toldCause({ code, detailId, unmet })

/** Every `code: '…'` beside a `message` and `retryable`, and every reason of a driver, as the sources have them. */
function codesInUse(): Set<string> {
  const root = join(import.meta.dirname, '..')
  const codes = new Set(['backend-maybe-happened', 'backend-no-room-here', 'backend-nothing-happened'])
  for (const folder of ['app', 'data', 'engine', 'scheduler', 'share-manager'])
    for (const name of readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })) {
      if (!name.endsWith('.ts') || /\.(?:test|fixture)\./.test(name)) continue
      const text = readFileSync(join(root, folder, name), 'utf8')
      for (const [, code] of text.matchAll(/code: '([a-z-]+)'/g)) codes.add(code ?? '')
    }
  const driver = readFileSync(join(root, 'storage', 'contract', 'errors.ts'), 'utf8')
  const [, reasons = ''] = /export type DriverReason =([\s\S]*?)\n\n/.exec(driver) ?? []
  for (const [, reason] of reasons.matchAll(/\| '([a-z-]+)'/g)) codes.add(reason ?? '')
  return codes
}

describe('the cause that tenants are told', () => {
  it('has a sentence for every code in use, and for no other', () => {
    expect([...knownCauseCodes].sort()).toEqual([...codesInUse()].sort())
    for (const code of knownCauseCodes) expect(told(code).message).toMatch(/^[A-Z].*\.$/)
  })

  it('is the sentence of the user message where there is one, the original one first', () => {
    expect(told('no-valid-host', '009')).toEqual({
      code: 'no-valid-host',
      message:
        "No storage could be allocated for this share request, Capacity filter didn't succeed. " +
        'No backend has enough room: ask for less, or again when something was deleted.',
      detailId: '009',
    })
    expect(told('busy', '001').message).toBe(told('busy').message)
    // Where that only says that the driver failed, the cause says why.
    expect(told('not-found', '017').message).toBe(`${messageDetails['017']} ${told('not-found').message}`)
  })

  it('takes over nothing that it does not know', () => {
    for (const odd of ['/dev/sdb', 'constructor', '']) {
      expect(told(odd, odd)).toEqual({
        code: 'unknown',
        message: 'An unknown error occurred.',
        detailId: '001',
      })
    }
  })

  it('names what no backend has, to tenants only what they may see of a type', () => {
    const specs = {
      snapshot_support: '<is> True',
      share_backend_name: 'alpha',
      storage_protocol: '<in> CIFS',
    }
    const unmet = recordedUnmet({ of: 'all', specs })
    const filter = "No storage could be allocated for this share request, Capabilities filter didn't succeed."
    expect(userMessage('001', { code: 'no-valid-host', detailId: '008', unmet }, false)).toBe(
      `allocate host: ${filter} No backend has snapshot_support = True. No backend serves CIFS. ` +
        'The share type asks for more that is missing: an administrator sees what. ' +
        'Choose another share type or protocol.',
    )
    expect(userMessage('001', { code: 'no-valid-host', detailId: '008', unmet }, true)).toContain(
      'No backend has share_backend_name = alpha.',
    )
    const here = recordedUnmet({ of: 'named', specs: { dedupe: '<is> True', storage_protocol: '<in> NFS' } })
    expect(told('no-valid-host', '008', here).message).toContain('The pool does not serve NFS.')
    const ready = recordedUnmet({ of: 'ready', specs: { storage_protocol: '<in> NFS' } })
    expect(told('no-valid-host', '008', ready).message).toContain(
      'No backend that is ready at present serves NFS.',
    )
  })
})

describe('messages of Manila', () => {
  it.each([
    ['001', 'An unknown error occurred.'],
    ['002', 'No storage could be allocated for this share request.'],
    ['007', "No storage could be allocated for this share request, AvailabilityZone filter didn't succeed."],
    ['008', "No storage could be allocated for this share request, Capabilities filter didn't succeed."],
    ['009', "No storage could be allocated for this share request, Capacity filter didn't succeed."],
    ['010', "No storage could be allocated for this share request, Driver filter didn't succeed."],
    [
      '011',
      "No storage could be allocated for this share request, IgnoreAttemptedHosts filter didn't succeed.",
    ],
    ['012', "No storage could be allocated for this share request, Json filter didn't succeed."],
    ['013', "No storage could be allocated for this share request, Retry filter didn't succeed."],
    ['014', "No storage could be allocated for this share request, ShareReplication filter didn't succeed."],
    ['015', 'Share Driver failed to extend share, The share status has been set to extending_error.'],
    [
      '016',
      "No storage could be allocated for this share request, CreateFromSnapshot filter didn't succeed.",
    ],
    ['017', 'Share Driver has failed to create the share from snapshot.'],
    ['018', 'Share Driver refused to shrink the share.'],
    ['019', 'Share Driver does not support shrinking shares.'],
    ['020', 'Failed to grant access to client.'],
    ['021', 'Failed to grant access to client.'],
    ['024', 'No default share type has been made available.'],
    ['028', 'No storage could be allocated for this share request.'],
  ] as const)('%s begins as scripts look for it', (id, sentence) => {
    expect(messageDetails[id].startsWith(sentence)).toBe(true)
    expect(messageDetails[id]).not.toMatch(/ {2}|undefined/)
  })
})
