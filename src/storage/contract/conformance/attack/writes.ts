/** Attacks that change: every operation that can, on others' handles in the forms that come closest to being taken. */
import {
  commit,
  getFh,
  lookup,
  makeDirectory,
  open,
  putFh,
  remove,
  rename,
  saveFh,
  setAttributes,
  write,
} from '../nfs4/operations.ts'
import { link, makeSymlink, openThis, restoreFh } from '../nfs4/raw-operations.ts'
import { withExportNumber, exportNumber } from './handles.ts'
import { plantedAttack } from './names.ts'
import type { Operation } from '../nfs4/operations.ts'
import type { RawNfs } from '../nfs4/raw.ts'
import type { NfsAttack } from './attack.ts'
import type { Field } from './field.ts'

const anyState = Buffer.alloc(16)
const overwrite = write(anyState, 0, Buffer.from('overwritten'))

/** Others' root, file and directory, and the same under the own export's number. */
function targets({ others, mine }: Field): readonly (readonly [root: Buffer, file: Buffer, name: string])[] {
  const number = exportNumber(mine.handles[0]?.bytes ?? Buffer.alloc(4))
  return others.flatMap(({ handles, secret }) => {
    const [root, file] = [handles[0]?.bytes ?? Buffer.alloc(0), handles[1]?.bytes ?? Buffer.alloc(0)]
    return [
      [root, file, secret.file] as const,
      [withExportNumber(root, number), withExportNumber(file, number), secret.file] as const,
    ]
  })
}

function changes(
  field: Field,
  raw: RawNfs,
  [root, file, name]: readonly [Buffer, Buffer, string],
): readonly (readonly Operation<unknown>[])[] {
  const own = putFh(field.mine.handles[0]?.bytes ?? Buffer.alloc(0))
  const [theirRoot, theirFile] = [putFh(root), putFh(file)]
  const ways: (readonly Operation<unknown>[])[] = [
    [theirFile, overwrite, commit],
    [theirRoot, lookup(name), overwrite, commit],
    [theirFile, setAttributes({ size: 0 })],
    [theirFile, setAttributes({ mode: 0o777 })],
    [theirRoot, setAttributes({ owner: 12_345 })],
    [theirRoot, makeDirectory('planted', 0o777)],
    [theirRoot, makeSymlink('planted', '/')],
    [theirRoot, remove(name)],
    // From there to here, from here to there, and within.
    [theirRoot, saveFh, own, rename(name, 'planted')],
    [own, saveFh, theirRoot, rename(field.mine.secret.file, 'planted')],
    [theirRoot, saveFh, rename(name, 'planted')],
    [theirFile, saveFh, own, link('planted')],
    [own, lookup(field.mine.secret.file), saveFh, theirRoot, link('planted')],
    // A place that was saved while one stood in the own share.
    [own, saveFh, theirRoot, restoreFh, saveFh, theirFile, overwrite],
  ]
  if (raw.minor === 1) return [...ways, [theirFile, openThis('attacker', 'write'), getFh]]
  const ask = { clientId: raw.clientId, owner: 'attacker', name, access: 'write' } as const
  return [
    ...ways,
    [theirRoot, open({ ...ask, sequence: 0, create: null }), getFh],
    [theirRoot, open({ ...ask, owner: 'second', sequence: 0, create: { exclusive: false, size: 0 } }), getFh],
  ]
}

export const writeAttacks: readonly NfsAttack[] = [
  {
    name: "changes of others' files",
    tries: 'writes, cuts, renames, links and removes through stolen handles and between two shares',
    async run(field) {
      const taken: string[] = []
      const answers = new Map<string, number>()
      let tried = 0
      for (const minor of [0, 1] as const) {
        const raw = await field.attacker(minor)
        for (const target of targets(field)) {
          for (const way of changes(field, raw, target)) {
            const reply = await raw.compound(way)
            tried++
            const answer = reply.status.replace('NFS4ERR_', '')
            answers.set(answer, (answers.get(answer) ?? 0) + 1)
            if (reply.status === 'NFS4_OK') taken.push(way.map(({ name }) => name).join(' '))
          }
        }
      }
      const harm = await field.harm()
      const wrong = [...new Set(taken), ...(harm === null ? [] : [harm])]
      const said = [...answers].map(([answer, times]) => `${times} ${answer}`).join(', ')
      return {
        through: wrong.length > 0,
        tried: `${tried} calls in 4.0 and 4.1`,
        cameBack: [said, ...wrong].join('; '),
      }
    },
  },
  plantedAttack,
]
