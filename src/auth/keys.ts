/**
 * The keys that sign and check tokens: a JWK set in one file that every process of the deployment shares. A new key is in the
 * file for a while before it signs, so that every process, and every node the file is copied to, knows it by then; a key that
 * signs no more goes on checking until the last token it can have signed is over (docs/decisions/0044-accounts-that-last.md).
 *
 * Beside what a JWK has, a key may say `made_at`, `signs_from` and `ends_at`. The release before knows none of them: it signs
 * with the first private key, and accepts all. So the key that signs now stays in front of the one that waits.
 */
import { randomBytes } from 'node:crypto'
import {
  chmod,
  chown,
  link,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  writeFile,
} from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { calculateJwkThumbprint, exportJWK, generateKeyPair, importJWK, type CryptoKey, type JWK } from 'jose'

export const tokenAlgorithm = 'ES256'

export interface SigningKeys {
  /** By when they begin to sign, microseconds; the first one signs in any case. */
  readonly signers: readonly { readonly kid: string; readonly key: CryptoKey; readonly from: number }[]
  /** By key id; `until` in microseconds. */
  readonly verifiers: ReadonlyMap<string, { readonly key: CryptoKey; readonly until: number }>
}

/** What signs at this time. */
export function signerAt({ signers }: SigningKeys, now: number): SigningKeys['signers'][number] {
  const signer = signers.findLast(({ from }) => from <= now) ?? signers[0]
  if (signer === undefined) throw new Error('there is no key to sign tokens with')
  return signer
}

/** A key of the file. */
export interface StoredKey extends JWK {
  /** When it was made, and from when on it signs, ISO 8601; absent = since ever. */
  readonly made_at?: string
  readonly signs_from?: string
  /** Nothing it signed is accepted from then on; absent = it is in use. */
  readonly ends_at?: string
}

/**
 * Reads the key file, making it (mode 0600) when there is none. Several processes may start at once: one file wins and
 * all read it. Throws a sentence when others may read the file or it holds no usable key.
 */
export async function openSigningKeys(path: string): Promise<SigningKeys> {
  const known = await readSigningKeys(path)
  if (known !== null) return known
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const fresh = await writeBeside(path, { keys: [await freshKey(Date.now())] })
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

/** Null when there is no file. */
export async function readSigningKeys(path: string): Promise<SigningKeys | null> {
  const keys = await readStoredKeys(path)
  if (keys === null) return null
  const signers: SigningKeys['signers'][number][] = []
  const verifiers = new Map<string, { key: CryptoKey; until: number }>()
  for (const stored of keys) {
    const { kid, d, made_at: _madeAt, signs_from: signsFrom, ends_at: endsAt, ...jwk } = stored
    if (typeof kid !== 'string' || jwk.kty !== 'EC' || jwk.crv !== 'P-256') {
      throw new Error(`token key file ${path}: every key must be EC P-256 with a "kid"`)
    }
    const from = signsFrom === undefined ? 0 : microsOf(path, signsFrom)
    const until = endsAt === undefined ? Infinity : microsOf(path, endsAt)
    if (d !== undefined) {
      signers.push({ kid, key: (await importJWK({ ...jwk, d }, tokenAlgorithm)) as CryptoKey, from })
    }
    const key = (await importJWK({ ...jwk, key_ops: ['verify'] }, tokenAlgorithm)) as CryptoKey
    verifiers.set(kid, { key, until })
  }
  if (signers.length === 0) throw new Error(`token key file ${path} holds no private key`)
  // The order of the file decides between those that signed since ever: the first one does.
  const inOrder = [...signers].reverse().toSorted((a, b) => a.from - b.from)
  return { signers: inOrder, verifiers }
}

/** As they are in the file; null when there is none. */
export async function readStoredKeys(path: string): Promise<StoredKey[] | null> {
  let mode: number
  try {
    ;({ mode } = await stat(path))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  if ((mode & 0o027) !== 0) {
    const octal = (mode & 0o777).toString(8).padStart(4, '0')
    throw new Error(`token key file ${path} has mode ${octal}: whoever reads it can be anyone; run chmod 600`)
  }
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
  return keys as StoredKey[]
}

/** Puts these keys in the file's place at once and for good: whoever reads it finds all of the old or all of the new. */
export async function replaceStoredKeys(path: string, keys: readonly StoredKey[]): Promise<void> {
  const { mode, uid, gid } = await stat(path)
  const fresh = await writeBeside(path, { keys })
  try {
    // Who turns keys may be root, while the service is somebody else.
    if (uid !== process.getuid?.() || gid !== process.getgid?.()) await chown(fresh, uid, gid)
    await chmod(fresh, mode & 0o777)
    await rename(fresh, path)
  } catch (error) {
    await rm(fresh, { force: true })
    throw error
  }
  await flushFolder(dirname(path))
}

/** Takes away what killed writers left beside the file. */
export async function sweepBeside(path: string): Promise<void> {
  const stem = `${basename(path)}.`
  for (const name of await readdir(dirname(path))) {
    const isOurs = name.startsWith(stem) && /^[0-9a-f]{12}\.new$/.test(name.slice(stem.length))
    if (isOurs) await rm(join(dirname(path), name), { force: true })
  }
}

/** Begins to sign at `signsFrom`; at once and since ever without it. Milliseconds. */
export async function freshKey(now: number, signsFrom?: number): Promise<StoredKey> {
  const { privateKey } = await generateKeyPair(tokenAlgorithm, { extractable: true })
  const jwk = await exportJWK(privateKey)
  const thumbprint = await calculateJwkThumbprint(jwk)
  return {
    ...jwk,
    kid: thumbprint.slice(0, 16),
    alg: tokenAlgorithm,
    made_at: new Date(now).toISOString(),
    ...(signsFrom === undefined ? {} : { signs_from: new Date(signsFrom).toISOString() }),
  }
}

function microsOf(path: string, time: string): number {
  const millis = Date.parse(time)
  if (Number.isNaN(millis)) throw new Error(`token key file ${path}: ${JSON.stringify(time)} is no time`)
  return millis * 1000
}

async function writeBeside(path: string, content: unknown): Promise<string> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.new`
  await writeFile(beside, `${JSON.stringify(content, null, 2)}\n`, { flag: 'wx', mode: 0o600, flush: true })
  // The umask may have taken bits off, never added any; set what is meant.
  await chmod(beside, 0o600)
  return beside
}

async function flushFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
