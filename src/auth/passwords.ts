/**
 * Password and secret hashing: argon2id, parameters kept in the stored text so that they can grow later. Every comparison of one
 * hasher is the same work, whatever the parameters of what is compared with, so that time tells neither who exists nor who has not
 * logged in since they grew.
 */
import { argon2, randomBytes, timingSafeEqual } from 'node:crypto'

export interface Cost {
  readonly memoryKib: number
  readonly passes: number
  readonly lanes: number
}

/** 19 MiB, two passes, one lane: the OWASP minimum for argon2id; 69 ms on the machine of decisions/0002. */
export const standardCost: Cost = { memoryKib: 19_456, passes: 2, lanes: 1 }
/** Keeps a hostile or damaged stored text from asking for the machine's whole memory. */
const costCeiling: Cost = { memoryKib: 1_048_576, passes: 64, lanes: 16 }
const tagBytes = 32
const saltBytes = 16
/** Longest password, bytes. Longer ones never match and are refused when set. */
export const maxPasswordBytes = 4096

/** Hashes and compares. Costs tens of milliseconds of a pool thread: call it through a `Gate`. */
export interface PasswordHasher {
  hash(password: string): Promise<string>
  /** False for a wrong password; with `stored` null the same work is done and the answer is false. */
  matches(password: string, stored: string | null): Promise<boolean>
  /** Whether {@link hash} costs whoever guesses more than this one does; false for what is no hash of ours. */
  isWeak?(stored: string): boolean
  /** What hashes of today begin with. */
  readonly usual?: string
  /** That there is something stronger than what is made now: from then on every comparison is as much work. */
  notice?(stored: string): void
}

export type Derive = (message: string, nonce: Buffer, cost: Cost, tagLength: number) => Promise<Buffer>

/** What time goes by: KiB filled. */
export const workOf = ({ memoryKib, passes }: Cost): number => memoryKib * passes

/** `derive` is for tests that count. */
export function argon2Hasher(cost: Cost = standardCost, derive: Derive = deriveArgon2id): PasswordHasher {
  const nobody = { salt: randomBytes(saltBytes), tag: randomBytes(tagBytes) }
  let heaviest = cost
  const notice = (parsed: Stored | null): void => {
    if (parsed !== null && workOf(parsed.cost) > workOf(heaviest)) heaviest = parsed.cost
  }
  const usual = `argon2id$v=19$m=${cost.memoryKib},t=${cost.passes},p=${cost.lanes}$`
  return {
    usual,
    async hash(password) {
      const salt = randomBytes(saltBytes)
      const tag = await derive(password, salt, cost, tagBytes)
      return `${usual}${salt.toString('base64url')}$${tag.toString('base64url')}`
    },
    async matches(password, stored) {
      const parsed = stored === null ? null : parse(stored)
      notice(parsed)
      const { salt, tag } = parsed ?? nobody
      const used = parsed?.cost ?? heaviest
      const tooLong = Buffer.byteLength(password) > maxPasswordBytes
      const message = tooLong ? '' : password
      const computed = await derive(message, salt, used, tag.length)
      const left = fillerOf(workOf(heaviest) - workOf(used), heaviest)
      if (left !== null) await derive(message, salt, left, tagBytes)
      return timingSafeEqual(computed, tag) && parsed !== null && !tooLong
    },
    isWeak(stored) {
      const parsed = parse(stored)
      return parsed !== null && workOf(parsed.cost) < workOf(cost)
    },
    notice: (stored) => notice(parse(stored)),
  }
}

/** As much work as is missing, to the KiB as far as the least that argon2 takes lets it; null for next to nothing. */
function fillerOf(missing: number, { memoryKib, lanes }: Cost): Cost | null {
  if (missing < 8 * lanes) return null
  const passes = Math.ceil(missing / memoryKib)
  return { memoryKib: Math.floor(missing / passes), passes, lanes }
}

function deriveArgon2id(message: string, nonce: Buffer, cost: Cost, tagLength: number): Promise<Buffer> {
  const { memoryKib: memory, passes, lanes: parallelism } = cost
  return new Promise((resolve, reject) => {
    argon2('argon2id', { message, nonce, parallelism, tagLength, memory, passes }, (error, tag) => {
      if (error === null) resolve(tag)
      else reject(error)
    })
  })
}

interface Stored {
  readonly cost: Cost
  readonly salt: Buffer
  readonly tag: Buffer
}

/** The salt, which no other hash has; null when the text is not one of ours. */
export const markOfHash = (stored: string): string | null =>
  /^argon2id\$[^$]+\$[^$]+\$([\w-]{8,64})\$/.exec(stored)?.[1] ?? null

/** Null when the text is not one of ours: such an account can't log in with a password. */
function parse(stored: string): Stored | null {
  const match = /^argon2id\$v=19\$m=(\d{1,8}),t=(\d{1,3}),p=(\d{1,3})\$([\w-]+)\$([\w-]+)$/.exec(stored)
  if (match === null) return null
  const [, memory, passes, lanes, salt = '', tag = ''] = match
  const cost = { memoryKib: Number(memory), passes: Number(passes), lanes: Number(lanes) }
  const fits =
    cost.memoryKib >= 8 * cost.lanes &&
    cost.memoryKib <= costCeiling.memoryKib &&
    cost.passes >= 1 &&
    cost.passes <= costCeiling.passes &&
    cost.lanes >= 1 &&
    cost.lanes <= costCeiling.lanes
  const read = { cost, salt: Buffer.from(salt, 'base64url'), tag: Buffer.from(tag, 'base64url') }
  return fits && read.salt.length >= 8 && read.tag.length >= 16 && read.tag.length <= 64 ? read : null
}

/**
 * Our text for an argon2id hash that another program made: `{ARGON2}$argon2id$v=19$m=…,t=…,p=…$salt$hash` as OpenLDAP writes it, or the same
 * without the scheme. Null for what can't be checked here: other functions, and costs beyond our limits.
 */
export function storedOfPhc(text: string): string | null {
  const match =
    /^(?:\{ARGON2\})?\$(argon2id\$v=19\$m=\d{1,8},t=\d{1,3},p=\d{1,3})\$([A-Za-z0-9+/]+)={0,2}\$([A-Za-z0-9+/]+)={0,2}$/i.exec(
      text,
    )
  if (match === null) return null
  const [, head = '', salt = '', tag = ''] = match
  const urlSafe = (part: string): string => part.replaceAll('+', '-').replaceAll('/', '_')
  const stored = `${head.toLowerCase()}$${urlSafe(salt)}$${urlSafe(tag)}`
  return parse(stored) === null ? null : stored
}
