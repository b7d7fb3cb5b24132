/**
 * Tokens as they lie in the database: encrypted with a key that is made of the id which only the browser has. Who has the database
 * alone has neither the id nor a token; who has a browser's id gets no further than its session.
 */
import { createCipheriv, createDecipheriv, hash, hkdfSync, randomBytes } from 'node:crypto'

export interface SessionTokens {
  /** What the session's calls are made with. */
  readonly token: string
  /** Good for no project: the one that others are got with. Null where there is none, as of an application credential. */
  readonly root: string | null
}

/** 256 bits, as a cookie may hold them. */
export const newSessionId = (): string => randomBytes(32).toString('base64url')

/** Whether a cookie's value can be one of ours. */
export const isSessionId = (text: string): boolean => /^[\w-]{43}$/.test(text)

/** Under which a session is found. */
export const sessionHash = (id: string): string => hash('sha256', id, 'hex')

const algorithm = 'aes-256-gcm'
const [nonceBytes, tagBytes] = [12, 16]

const keyOf = (id: string): Buffer =>
  Buffer.from(hkdfSync('sha256', Buffer.from(id, 'base64url'), '', 'manila dashboard session tokens', 32))

/** Of this session alone: in another one's row it can't be read. */
export function seal(id: string, tokens: SessionTokens): string {
  const nonce = randomBytes(nonceBytes)
  const cipher = createCipheriv(algorithm, keyOf(id), nonce).setAAD(Buffer.from(sessionHash(id)))
  const content = Buffer.concat([cipher.update(JSON.stringify(tokens), 'utf8'), cipher.final()])
  return Buffer.concat([nonce, cipher.getAuthTag(), content]).toString('base64url')
}

/** Null for what was not sealed for this id. */
export function unseal(id: string, sealed: string): SessionTokens | null {
  const bytes = Buffer.from(sealed, 'base64url')
  try {
    const decipher = createDecipheriv(algorithm, keyOf(id), bytes.subarray(0, nonceBytes), {
      authTagLength: tagBytes,
    })
      .setAAD(Buffer.from(sessionHash(id)))
      .setAuthTag(bytes.subarray(nonceBytes, nonceBytes + tagBytes))
    const content = decipher.update(bytes.subarray(nonceBytes + tagBytes))
    return JSON.parse(Buffer.concat([content, decipher.final()]).toString('utf8')) as SessionTokens
  } catch {
    return null
  }
}
