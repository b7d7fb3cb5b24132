/**
 * Where the sim keeps what it pretends to hold: small JSON files, one per thing, replaced by rename, so that several
 * processes can serve one directory, a SIGKILL leaves the old or the new record and never half of one, and a script
 * that knows nothing of this code can count `shares/*.json`. In memory mode the same records live in a map.
 *
 * File access is synchronous on purpose: each is a few hundred bytes of the sim's own (never a share's content), and a
 * change under the lock is thereby one turn of the event loop. It survives the death of processes, not of the host
 * (no fsync).
 */
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openLock, type Lock } from './lock.ts'
import { kinds, plainId, type Kind, type Records } from './records.ts'

/** `get`, `ids` and `all` may be called at any time; `put` and `drop` only while {@link Store.lock} is held. */
export interface Store {
  readonly lock: Lock
  get<K extends Kind>(kind: K, id: string): Records[K] | null
  put<K extends Kind>(kind: K, id: string, record: Records[K]): void
  drop(kind: Kind, id: string): void
  ids(kind: Kind): readonly string[]
  all<K extends Kind>(kind: K): readonly Records[K][]
  /** Makes the folders and removes drafts that a killed process left. Under the lock. */
  prepare(): void
  close(): void
}

/** Opens the records in `dir`: in memory when asked to, or when this process already keeps that directory in memory. */
export function openStore(dir: string, options: { readonly memory?: boolean } = {}): Store {
  return options.memory || memories.has(dir) ? memoryStore(dir) : fileStore(dir)
}

function fileStore(dir: string): Store {
  const lock = openLock(dir)
  const fileOf = (kind: Kind, id: string) => join(dir, kind, `${plainId(id)}.json`)
  /** A paused process may wake late, but not a day late: after that the fence of a deleted share may go. */
  const forgetOldFences = () => {
    for (const id of store.ids('fences')) {
      const ageMs = Date.now() - statSync(fileOf('fences', id)).mtimeMs
      if (ageMs > 86_400_000 && !store.get('shares', id) && !store.get('exports', id))
        store.drop('fences', id)
    }
  }
  const store: Store = {
    lock,
    get(kind, id) {
      const text = absentAsNull(() => readFileSync(fileOf(kind, id), 'utf8'))
      return text === null ? null : JSON.parse(text)
    },
    put(kind, id, record) {
      const file = fileOf(kind, id)
      const draft = join(dir, kind, `.${id}.${process.pid}.tmp`)
      writeFileSync(draft, `${JSON.stringify(record, null, 1)}\n`, { mode: 0o600 })
      renameSync(draft, file)
    },
    drop(kind, id) {
      rmSync(fileOf(kind, id), { force: true })
    },
    ids(kind) {
      const names = absentAsNull(() => readdirSync(join(dir, kind))) ?? []
      return names.filter((name) => name.endsWith('.json')).map((name) => name.slice(0, -'.json'.length))
    },
    all(kind) {
      const records = store.ids(kind).map((id) => store.get(kind, id))
      return records.filter((record) => record !== null)
    },
    prepare() {
      for (const kind of kinds) {
        mkdirSync(join(dir, kind), { recursive: true, mode: 0o700 })
        // Every writer holds the lock, so a draft found while holding it belongs to a dead process.
        for (const name of readdirSync(join(dir, kind)))
          if (name.endsWith('.tmp')) rmSync(join(dir, kind, name), { force: true })
      }
      forgetOldFences()
    },
    close() {
      lock[Symbol.dispose]()
    },
  }
  return store
}

type Memory = { readonly [K in Kind]: Map<string, Records[K]> }

/** Stands for the disk, so that a second driver object on the same directory finds what the first one made. */
const memories = new Map<string, Memory>()

/** Drops what memory mode keeps for `dir`. */
export function forgetMemory(dir: string): void {
  memories.delete(dir)
}

function memoryStore(dir: string): Store {
  const memory = memories.get(dir) ?? (Object.fromEntries(kinds.map((kind) => [kind, new Map()])) as Memory)
  memories.set(dir, memory)
  const mapOf = <K extends Kind>(kind: K) => memory[kind] as Map<string, Records[K]>
  return {
    // Synchronous work in one process excludes everybody else by itself.
    lock: { hold: async (_waitMs, _signal, work) => work(), [Symbol.dispose]() {} },
    get: (kind, id) => mapOf(kind).get(plainId(id)) ?? null,
    put: (kind, id, record) => void mapOf(kind).set(plainId(id), record),
    drop: (kind, id) => void mapOf(kind).delete(plainId(id)),
    ids: (kind) => [...mapOf(kind).keys()],
    all: (kind) => [...mapOf(kind).values()],
    prepare() {},
    close() {},
  }
}

function absentAsNull<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}
