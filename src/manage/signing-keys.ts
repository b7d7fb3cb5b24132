/** `identity keys` and `identity rotate-keys`: what tokens are signed with. They touch one file, and run beside the service. */
import { keyAges, rotated, rotateKeys, withdrawKeys, type KeyAge } from '../auth/key-rotation.ts'
import { readStoredKeys } from '../auth/keys.ts'
import type { Settings } from '../config/schema.ts'
import { columns } from './columns.ts'
import { Problem, Unusable, Usage, type Answer, type Verb } from './verb.ts'

export const identityKeys: Verb = {
  name: 'identity keys',
  summary: 'show the keys that sign and check tokens, and how old they are',
  help: `Shows the keys of [auth] key_file: the one that signs, one that waits for its time, and those that only check what they signed
before. None of them is told more of than its id.`,
  async run(call) {
    const { key_file: path } = ownKeys(call.settings()).auth
    return answerOf(path, await said(keyAges(path, Date.now())))
  },
}

export const identityRotateKeys: Verb = {
  name: 'identity rotate-keys',
  summary: 'add a new signing key, which takes over without logging anybody out',
  help: `Adds a key to [auth] key_file that signs after [auth] key_overlap_s; every process that reads the file knows it within a second.
Where nodes have a copy each, copy the file to all of them before that. The key that signs now goes on checking what it signed until the last
of its tokens is over, and is taken out by a later run. While a key waits, another run changes nothing and exits 1.
--dry-run shows what would be there. --withdraw is for a key that somebody else may have: one new key signs at once, nothing
signed before is good any more, and everybody logs in again.`,
  options: [
    { name: 'dry-run', help: 'change nothing' },
    { name: 'withdraw', help: 'take out all keys of before, now' },
  ],
  async run(call) {
    const { 'dry-run': isDry = false, withdraw = false } = call.options
    if (isDry && withdraw) throw new Usage('--dry-run and --withdraw do not go together')
    const {
      key_file: path,
      key_overlap_s: overlapS,
      token_lifetime_s: tokenLifetimeS,
    } = ownKeys(call.settings()).auth
    const now = Date.now()
    if (withdraw) return answerOf(path, await said(withdrawKeys({ path, now })))
    const rotation = { path, now, overlapS, tokenLifetimeS }
    if (isDry) {
      await said(keyAges(path, now))
      const after = await said(rotated((await readStoredKeys(path)) ?? [], rotation))
      return answerOf(
        path,
        await said(keyAges(path, now)),
        `${after.length} keys would be there, a new one that signs in ${overlapS} s among them\n`,
      )
    }
    return answerOf(path, await said(rotateKeys(rotation)))
  },
}

function ownKeys(settings: Settings): Settings {
  if (settings.auth.backend !== 'keystone') return settings
  throw new Unusable(
    'tokens are those of a Keystone ([auth] backend = "keystone"): its keys are turned there, with keystone-manage',
  )
}

/** What the file refuses is a sentence already. */
const said = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw new Problem(error instanceof Error ? error.message : String(error), { cause: error })
  })

const words = {
  signs: 'signs',
  waits: 'waits to sign',
  checks: 'checks what it signed',
  over: 'is over, and goes with the next rotation',
} as const

function answerOf(file: string, keys: readonly KeyAge[], more = ''): Answer {
  const time = (millis: number | null): string | null =>
    millis === null ? null : new Date(millis).toISOString()
  const told = keys.map((key) => ({
    id: key.kid,
    state: key.state,
    made_at: time(key.madeAt),
    signs_from: time(key.signsFrom),
    ends_at: time(key.endsAt),
  }))
  const rows = told.map((key) => [
    key.id,
    words[key.state],
    key.made_at ?? '-',
    key.signs_from ?? '-',
    key.ends_at ?? '-',
  ])
  return {
    code: 0,
    data: { file, keys: told },
    text: `${columns(['key', 'state', 'made', 'signs from', 'ends'], rows)}${more}`,
  }
}
