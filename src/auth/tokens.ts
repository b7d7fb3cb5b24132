/**
 * Tokens as text: claims ↔ a signed ES256 string. A token says who and where, never what they may do: roles are read
 * when it is used (docs/decisions/0002-tokens.md).
 */
import { randomBytes } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { CompactSign, compactVerify, decodeProtectedHeader } from 'jose'
import { readSigningKeys, signerAt, tokenAlgorithm, type SigningKeys } from './keys.ts'

export type Method = 'password' | 'token' | 'application_credential'

export type TokenScope =
  | { readonly type: 'project' | 'domain' | 'system'; readonly id: string }
  | { readonly type: 'unscoped' }

export interface Claims {
  readonly userId: string
  readonly scope: TokenScope
  /** This token's audit id first, then that of the login it descends from. */
  readonly auditIds: readonly [string, ...string[]]
  readonly methods: readonly Method[]
  /** Microseconds since the epoch. */
  readonly issuedAt: number
  readonly expiresAt: number
  /** The account's `tokens_valid_after` at login: another value now means "log in again". */
  readonly generation: number
  readonly applicationCredentialId: string | null
}

/** Longest token looked at, characters; ours have about 350. */
export const maxTokenLength = 2048

/** 22 characters, as Keystone's. */
export const newAuditId = (): string => randomBytes(16).toString('base64url')

const methodLetters = { p: 'password', t: 'token', a: 'application_credential' } as const
const scopeLetters = { p: 'project', d: 'domain', s: 'system' } as const

interface Wire {
  sub: string
  /** `p:<project id>`, `d:<domain id>`, `s:<system>`; absent = unscoped. */
  scp?: string
  jti: string
  par?: string
  mth: string
  /** Seconds with six decimals: a JWT's NumericDate, to the microsecond. */
  iat: number
  exp: number
  gen: number
  ac?: string
}

/** How often a process looks whether the key file is another one. */
export const keyLookUs = 1_000_000

export class TokenSigner {
  readonly #path: string
  #keys: SigningKeys
  /** What the file was when it was read. */
  #seen = ''
  #lookedAt = -Infinity
  #reloadedAt = -Infinity
  #withdrawals = 0

  /** `path` is looked at each second in which a token is signed or read, and read when it changed. */
  constructor(keys: SigningKeys, path: string) {
    this.#keys = keys
    this.#path = path
  }

  async sign(claims: Claims): Promise<string> {
    await this.look(claims.issuedAt)
    const { kid, key } = signerAt(this.#keys, claims.issuedAt)
    const payload = new TextEncoder().encode(JSON.stringify(toWire(claims)))
    return new CompactSign(payload).setProtectedHeader({ alg: tokenAlgorithm, kid }).sign(key)
  }

  /** The claims of a token this deployment signed; null for any other text. Does not look at the time in it. */
  async read(token: string, now: number): Promise<Claims | null> {
    if (token.length > maxTokenLength) return null
    const kid = kidOf(token)
    if (kid === null) return null
    await this.look(now)
    if (!this.#keys.verifiers.has(kid)) await this.#reload(now)
    const verifier = this.#keys.verifiers.get(kid)
    if (verifier === undefined || verifier.until <= now) return null
    try {
      const { payload } = await compactVerify(token, verifier.key, { algorithms: [tokenAlgorithm] })
      return fromWire(JSON.parse(new TextDecoder().decode(payload)) as Wire)
    } catch {
      // Whatever is wrong with it, the caller learns "not valid" and nothing else.
      return null
    }
  }

  /**
   * Looks at the file, at most once a second: a new key is known long before it signs. Answers a number that is another one when
   * a key was taken out, and what was read by it is worth nothing.
   */
  async look(now: number): Promise<number> {
    if (now - this.#lookedAt < keyLookUs) return this.#withdrawals
    this.#lookedAt = now
    const found = await markOf(this.#path)
    if (found !== this.#seen && (await this.#read())) this.#seen = found
    return this.#withdrawals
  }

  /** For a file that was put there within the second; made-up key ids cost a read a second. */
  async #reload(now: number): Promise<void> {
    if (now - this.#reloadedAt < keyLookUs) return
    this.#reloadedAt = now
    await this.#read()
  }

  async #read(): Promise<boolean> {
    try {
      const keys = await readSigningKeys(this.#path)
      if (keys === null) return false
      if ([...this.#keys.verifiers.keys()].some((kid) => !keys.verifiers.has(kid))) this.#withdrawals++
      this.#keys = keys
      return true
    } catch {
      // A file being replaced or broken by hand must not stop the keys in memory from working.
      return false
    }
  }
}

/** Another text for another file, or another content of the same; empty without one. */
const markOf = (path: string): Promise<string> =>
  stat(path).then(
    ({ ino, mtimeMs, size }) => `${ino} ${mtimeMs} ${size}`,
    () => '',
  )

function kidOf(token: string): string | null {
  try {
    const { kid, alg } = decodeProtectedHeader(token)
    return alg === tokenAlgorithm && typeof kid === 'string' ? kid : null
  } catch {
    return null
  }
}

function toWire(claims: Claims): Wire {
  const [auditId, parent] = claims.auditIds
  const { scope } = claims
  return {
    sub: claims.userId,
    ...(scope.type === 'unscoped' ? {} : { scp: `${scope.type[0]}:${scope.id}` }),
    jti: auditId,
    ...(parent === undefined ? {} : { par: parent }),
    mth: claims.methods.map((method) => method[0]).join(''),
    iat: claims.issuedAt / 1e6,
    exp: claims.expiresAt / 1e6,
    gen: claims.generation,
    ...(claims.applicationCredentialId === null ? {} : { ac: claims.applicationCredentialId }),
  }
}

/** The signature was checked: this is our own writing, perhaps of another version. Throws when it doesn't read. */
function fromWire(wire: Wire): Claims {
  const numbers = [wire.iat, wire.exp, wire.gen]
  const texts = [wire.sub, wire.jti, wire.mth]
  if (!numbers.every(Number.isFinite) || !texts.every((text) => typeof text === 'string')) {
    throw new Error('the claims are incomplete')
  }
  return {
    userId: wire.sub,
    scope: scopeOf(wire.scp),
    auditIds: wire.par === undefined ? [wire.jti] : [wire.jti, wire.par],
    methods: wire.mth.split('').map((letter) => methodLetters[letter as keyof typeof methodLetters]),
    issuedAt: Math.round(wire.iat * 1e6),
    expiresAt: Math.round(wire.exp * 1e6),
    generation: wire.gen,
    applicationCredentialId: wire.ac ?? null,
  }
}

function scopeOf(text: string | undefined): TokenScope {
  if (text === undefined) return { type: 'unscoped' }
  const type = scopeLetters[text[0] as keyof typeof scopeLetters]
  if (type === undefined || text[1] !== ':') throw new Error('the scope claim does not read')
  return { type, id: text.slice(2) }
}
