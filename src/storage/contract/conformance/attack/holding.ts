/** One export with something in it that nobody else may learn, made and looked at over NFS by its own client. */
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import {
  close,
  confirmOpen,
  getAttributes,
  getFh,
  lookup,
  makeDirectory,
  open,
  putFh,
  putRootFh,
  read,
  readDirectory,
  remove,
  setAttributes,
  write,
} from '../nfs4/operations.ts'
import { needed, openRaw, type RawNfs } from '../nfs4/raw.ts'
import type { Hostile } from '../target.ts'
import type { Forged } from './handles.ts'

/** What a handle leads to, as far as that tells it from everything else. */
export interface Facts {
  readonly fileSystem: string
  readonly fileId: bigint
  readonly size: number
  /** Nanoseconds since the epoch. */
  readonly modifiedAt: bigint
}

export interface Holding {
  /** `the victim's share`. */
  readonly what: string
  readonly id: string
  readonly projectId: string
  /** As the exporter answered it. */
  readonly location: string
  /** The address that the rules let in. */
  readonly client: string
  readonly secret: Secret
  /** Of its root, a directory and the secret file, as its own client got them. */
  readonly handles: readonly Forged[]
  readonly facts: readonly Facts[]
}

export interface Secret {
  readonly file: string
  readonly directory: string
  /** In every part of the file. */
  readonly word: Buffer
  readonly content: Buffer
}

const anyState = Buffer.alloc(16)
const known = getAttributes(['type', 'size', 'fileSystem', 'fileId', 'modifiedAt'])

/** A file whose name, size and content nothing else has. */
export function newSecret(): Secret {
  const mark = randomBytes(6).toString('hex')
  const word = randomBytes(32)
  const times = 128 + (randomBytes(2).readUInt16BE() % 512)
  return {
    file: `secret-${mark}`,
    directory: `private-${mark}`,
    word,
    content: Buffer.concat(Array.from({ length: times }, () => word)),
  }
}

/** A client at `from` that the server of the location knows. */
export async function clientOf(
  hostile: Hostile,
  location: string,
  from: string,
  minor: 0 | 1 = 0,
  owner?: string,
): Promise<RawNfs> {
  const { host, port } = hostile.reach(location)
  const raw = await openRaw({ host, port, from, minor, ...(owner === undefined ? {} : { owner }) })
  try {
    return await raw.introduce()
  } catch (error) {
    await raw.close()
    throw error
  }
}

/** The way to the root of an export. */
export const wayTo = (hostile: Hostile, location: string) => [
  putRootFh,
  ...hostile
    .reach(location)
    .path.split('/')
    .filter((element) => element !== '')
    .map((element) => lookup(element)),
]

/** Puts the secret where its client may write. */
export async function hide(
  hostile: Hostile,
  location: string,
  client: string,
  secret: Secret,
): Promise<void> {
  const raw = await clientOf(hostile, location, client)
  try {
    const root = await rootOf(hostile, location, raw)
    const file = await openFile(raw, root, secret.file, 'write')
    const put = write(file.stateId, 0, secret.content)
    const { count } = needed(await raw.compound([putFh(file.handle), put]), put)
    assert.equal(count, secret.content.length, 'the secret was written short')
    await closeFile(raw, file)
    const make = makeDirectory(secret.directory, 0o700)
    needed(await raw.compound([putFh(root), make]), make)
    // Bytes that came through the wall are recognised by what they are; attributes by a time that nobody else has.
    const past = 1_000_000_000n * BigInt(900_000_000 + secret.word.readUInt16BE())
    const age = setAttributes({ modifiedAt: past })
    needed(await raw.compound([putFh(file.handle), age]), age)
  } finally {
    await raw.close()
  }
}

/** Takes the secret away again. */
export async function unveil(
  hostile: Hostile,
  location: string,
  client: string,
  secret: Secret,
): Promise<void> {
  const raw = await clientOf(hostile, location, client)
  try {
    const root = await rootOf(hostile, location, raw)
    for (const name of [secret.file, secret.directory]) {
      const go = remove(name)
      needed(await raw.compound([putFh(root), go]), go)
    }
  } finally {
    await raw.close()
  }
}

/** What its own client finds there: handles and facts of the root, the directory and the file. */
export async function look(
  hostile: Hostile,
  location: string,
  client: string,
  secret: Secret,
): Promise<Pick<Holding, 'handles' | 'facts'>> {
  const raw = await clientOf(hostile, location, client)
  try {
    const handles: Forged[] = []
    const facts: Facts[] = []
    for (const [what, name] of [
      ['root', null],
      ['file', secret.file],
      ['directory', secret.directory],
    ] as const) {
      const way = [...wayTo(hostile, location), ...(name === null ? [] : [lookup(name)])]
      const reply = await raw.compound([...way, getFh, known])
      handles.push({ what, bytes: needed(reply, getFh) })
      const { fileSystem = '', fileId = 0n, size = 0, modifiedAt = 0n } = needed(reply, known)
      facts.push({ fileSystem, fileId, size, modifiedAt })
    }
    return { handles, facts }
  } finally {
    await raw.close()
  }
}

/** A digest of everything in the export that the secret's client can see: names, sizes, times, bytes. */
export async function digest(hostile: Hostile, { location, client, secret }: Holding): Promise<string> {
  const raw = await clientOf(hostile, location, client)
  try {
    const hash = createHash('sha256')
    const root = await rootOf(hostile, location, raw)
    const list = readDirectory(0n, Buffer.alloc(8), ['type', 'size', 'fileId', 'mode', 'owner', 'modifiedAt'])
    const page = needed(await raw.compound([putFh(root), list]), list)
    for (const { name, attributes } of page.entries.toSorted((a, b) => (a.name < b.name ? -1 : 1)))
      hash.update(JSON.stringify([name, ...Object.values(attributes).map(String)]))
    const get = read(anyState, 0, 1024 * 1024)
    const bytes = needed(await raw.compound([putFh(root), lookup(secret.file), get]), get).bytes
    return hash.update(bytes).digest('hex')
  } finally {
    await raw.close()
  }
}

async function rootOf(hostile: Hostile, location: string, raw: RawNfs): Promise<Buffer> {
  return needed(await raw.compound([...wayTo(hostile, location), getFh]), getFh)
}

export interface HeldOpen {
  readonly handle: Buffer
  readonly stateId: Buffer
  readonly owner: string
  sequence: number
}

/** Opens a file in version 4.0; `write` makes it. */
export async function openFile(
  raw: RawNfs,
  directory: Buffer,
  name: string,
  access: 'read' | 'write',
): Promise<HeldOpen> {
  const owner = `owner-${randomBytes(4).toString('hex')}`
  const create = access === 'write' ? { exclusive: false, mode: 0o600 } : null
  const ask = open({ clientId: raw.clientId, owner, sequence: 0, name, access, create })
  const reply = await raw.compound([putFh(directory), ask, getFh])
  const handle = needed(reply, getFh)
  const { stateId, mustConfirm } = needed(reply, ask)
  if (!mustConfirm) return { handle, stateId, owner, sequence: 1 }
  const confirm = confirmOpen(stateId, 1)
  return {
    handle,
    stateId: needed(await raw.compound([putFh(handle), confirm]), confirm),
    owner,
    sequence: 2,
  }
}

export async function closeFile(raw: RawNfs, file: HeldOpen): Promise<void> {
  const end = close(file.stateId, file.sequence)
  needed(await raw.compound([putFh(file.handle), end]), end)
}
