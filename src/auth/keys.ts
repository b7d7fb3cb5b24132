/**
 * The keys that sign and check tokens: a JWK set in one file that every process of the deployment shares. The first
 * private key signs; every key, private or public, is accepted, so that a key can be replaced while its tokens live.
 */
import { randomBytes } from 'node:crypto'
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'

export const tokenAlgorithm = 'ES256'

export interface SigningKeys {
  readonly signer: { readonly kid: string; readonly key: CryptoKey }
  /** By key id. */
  readonly verifiers: ReadonlyMap<string, CryptoKey>
}

/** Keys of retired signers kept for checking; a token lives for hours, not for this many rotations. */
const maxRetired = 8

/**
 * Reads the key file, making it (mode 0600) when there is none. Several processes may start at once: one file wins and
 * all read it. Throws a sentence when others may read the file or it holds no usable key.
 */
export async function openSigningKeys(path: string): Promise<SigningKeys> {
  const known = await readSigningKeys(path)
  if (known !== null) return known
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = await writeBeside(path, { keys: [await freshKey()] })
  try {
    await link(fresh, path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  } finally {
    await rm(fresh, { force: true })
  }
  const made = await readSigningKeys(path)
  if (made === null) throw new Error(`token key file ${path} vanished while it was being made`)
  return made
}

/** Puts a new signing key first and keeps the public halves of the earlier ones. Running processes accept it at once. */
export async function rotateSigningKey(path: string): Promise<void> {
  const { keys } = await readSet(path)
  const retired = keys.slice(0, maxRetired).map(({ d: _secret, ...open }) => open)
  const fresh = await writeBeside(path, { keys: [await freshKey(), ...retired] })
  await rename(fresh, path)
}

/** Null when there is no file. */
export async function readSigningKeys(path: string): Promise<SigningKeys | null> {
  let mode: number
  try {
    ;({ mode } = await stat(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  if ((mode & 0o027) !== 0) {
    const shown = (mode & 0o777).toString(8).padStart(4, '0')
    throw new Error(`token key file ${path} has mode ${shown}: whoever reads it can be anyone; run chmod 600`)
  }
  const { keys } = await readSet(path)
  let signer: SigningKeys['signer'] | null = null
  const verifiers = new Map<string, CryptoKey>()
  for (const jwk of keys) {
    const { kid, d } = jwk
    if (typeof kid !== 'string' || jwk.kty !== 'EC' || jwk.crv !== 'P-256') {
      throw new Error(`token key file ${path}: every key must be EC P-256 with a "kid"`)
    }
    if (signer === null && d !== undefined) {
      signer = { kid, key: (await importJWK(jwk, tokenAlgorithm)) as CryptoKey }
    }
    const { d: _secret, ...open } = jwk
    verifiers.set(kid, (await importJWK({ ...open, key_ops: ['verify'] }, tokenAlgorithm)) as CryptoKey)
  }
  if (signer === null) throw new Error(`token key file ${path} holds no private key`)
  return { signer, verifiers }
}

async function readSet(path: string): Promise<{ keys: JWK[] }> {
  const text = await readFile(path, 'utf8')
  let content: unknown
  try {
    content = JSON.parse(text)
  } catch {
    // Without the parser's message: it quotes the text, and the text is the key.
    throw new Error(`token key file ${path} is not JSON`)
  }
  const keys = (content as { keys?: unknown } | null)?.keys
  if (!Array.isArray(keys) || keys.some((key) => typeof key !== 'object' || key === null)) {
    throw new Error(`token key file ${path} must hold {"keys": […]}`)
  }
  return { keys: keys as JWK[] }
}

async function freshKey(): Promise<JWK> {
  const { privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const thumbprint = await calculateJwkThumbprint(jwk)
  return { ...jwk, kid: thumbprint.slice(0, 16), alg: tokenAlgorithm }
}

async function writeBeside(path: string, content: unknown): Promise<string> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`
  await writeFile(beside, `${JSON.stringify(content, null, 2)}\n`, { flag: 'wx', mode: 0o600, flush: true })
  // The umask may have taken bits off, never added any; set what is meant.
  await chmod(beside, 0o600)
  return beside
}
