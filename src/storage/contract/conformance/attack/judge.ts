/** Whether what came back is another's. */
import type { Attributes } from '../nfs4/attributes.ts'
import type { DirectoryPage } from '../nfs4/operations.ts'
import type { Field } from './field.ts'

/** What the attacker may see in its own share, and what it may see of the directory above. */
export interface Own {
  readonly names: ReadonlySet<string>
  readonly exports: ReadonlySet<string>
}

export function ownOf({ mine, hostile }: Field): Own {
  const exported = hostile.reach(mine.location).path.split('/').at(-1) ?? ''
  // Before its content was renewed the share held the older secret, too: it is in the snapshot, and is the attacker's own.
  return {
    names: new Set([mine.secret.file, mine.secret.directory, 'planted']),
    exports: new Set([exported]),
  }
}

/** Bytes of a file or the target of a link. */
export function bytesOfOthers(field: Field, bytes: Buffer): string | null {
  const owner = [...field.others, ...field.gone].find(
    ({ secret }) => !secret.word.equals(field.mine.secret.word) && bytes.includes(secret.word),
  )
  return owner === undefined ? null : `${bytes.length} bytes of the secret of ${owner.what}`
}

/** Attributes of a thing that is neither in the own share's file system nor above it, or that is one of others' things. */
export function attributesOfOthers(field: Field, found: Attributes): string | null {
  const { fileSystem = '', fileId, size, modifiedAt } = found
  for (const { what, facts } of [...field.others, ...field.gone]) {
    for (const one of facts) {
      if (one.fileId === fileId && one.size === size && one.modifiedAt === modifiedAt)
        return `attributes of ${what}: inode ${fileId}, ${size} bytes`
    }
  }
  if (fileSystem === field.pseudoFileSystem) return null
  const file = `inode ${fileId}, ${size} bytes`
  if (field.fileSystemsDiffer) {
    const own = field.mine.facts.some((one) => one.fileSystem === fileSystem)
    return own ? null : `attributes from another file system, ${fileSystem}: ${file}`
  }
  const own = field.mine.facts.some((one) => one.fileId === fileId)
  return own || isMachinery(fileId ?? 1n) ? null : `attributes of something else: ${file}`
}

/** CephFS numbers what clients made from 2^40 on. Below are its root (1), and what it keeps for itself. */
const isMachinery = (inode: bigint): boolean => inode !== 1n && inode < 2n ** 40n

/** Names that are not the attacker's to know. */
export function namesOfOthers(field: Field, page: DirectoryPage): string | null {
  const own = ownOf(field)
  const foreign = page.entries.filter(({ name }) => !own.names.has(name) && !own.exports.has(name))
  if (foreign.length === 0) return null
  const secret = foreign.find(({ name }) =>
    [...field.others, ...field.gone].some((one) => name === one.secret.file || name === one.secret.directory),
  )
  const names = secret === undefined ? foreign.slice(0, 3).map(({ name }) => name) : [secret.name]
  return `a listing with ${names.join(', ')}`
}
