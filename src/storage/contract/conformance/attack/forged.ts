/** Attacks with forged handles, a list each. */
import * as forge from './handles.ts'
import { answersOf, newStruck, strike } from './strike.ts'
import type { Field } from './field.ts'
import type { Forged } from './handles.ts'
import type { NfsAttack, Outcome } from './attack.ts'
import type { Struck } from './strike.ts'
import { backWithinMs } from './field.ts'

const rootOf = ({ mine }: Field): Buffer => mine.handles[0]?.bytes ?? Buffer.alloc(0)
const fileOf = ({ mine }: Field): Buffer => mine.handles[1]?.bytes ?? Buffer.alloc(0)
const theirs = ({ others }: Field): readonly Forged[] => others.flatMap(({ handles }) => handles)
/** One of each: what differs between two file systems does so in the roots already. */
const roots = ({ others }: Field): readonly Forged[] => others.flatMap(({ handles }) => handles.slice(0, 1))

/** Sent in 4.0 and 4.1, as root. */
const forgedAttack = (name: string, tries: string, make: (field: Field) => readonly Forged[]): NfsAttack => ({
  name,
  tries,
  async run(field) {
    const handles = make(field)
    const struck = newStruck()
    for (const minor of [0, 1] as const) await strike(field, minor, handles, struck)
    return verdict(field, struck, 'in 4.0 and 4.1')
  },
})

/** Through when something of another's came back, was changed, or a server that others need died. */
export async function verdict(field: Field, struck: Struck, versions: string): Promise<Outcome> {
  const harm = await field.harm()
  const away = `${Math.round(struck.awayMs)} ms`
  const killed =
    struck.died.length === 0
      ? null
      : `${field.oneServer ? "everybody's" : 'the own'} server died of ${[...new Set(struck.died)].join('; ')} and was back in ${away}`
  const wrong = [...new Set(struck.found), ...(harm === null ? [] : [harm])]
  const told = [...new Set(struck.told)].slice(0, 3)
  const late = struck.awayMs > backWithinMs
  const said = [answersOf(struck), ...(killed === null ? [] : [killed]), ...told, ...wrong]
    .filter(Boolean)
    .join('; ')
  return {
    through: wrong.length > 0 || late || (killed !== null && field.oneServer),
    leftOpen:
      wrong.length === 0 &&
      !late &&
      ((killed !== null && !field.oneServer) || (killed === null && struck.told.length > 0)),
    tried: `${struck.sent.toLocaleString('en')} handles ${versions}`,
    cameBack: said,
  }
}

/** The seed, so that what it found can be found again. */
const withSeed = (attack: NfsAttack): NfsAttack => ({
  ...attack,
  async run(field) {
    const outcome = await attack.run(field)
    return { ...outcome, tried: `${outcome.tried}, seed ${field.seed}` }
  },
})

const ofHosts = (attack: NfsAttack): NfsAttack => ({ ...attack, layout: 'host' })

export const forgedAttacks: readonly NfsAttack[] = [
  forgedAttack('stolen handles', "uses others' handles as they are", theirs),
  forgedAttack('handles of what is gone', 'uses handles of a deleted share', ({ gone, mine }) => {
    const left = gone.flatMap(({ handles }) => handles)
    const number = forge.exportNumber(mine.handles[0]?.bytes ?? Buffer.alloc(4))
    return [
      ...left,
      ...left.map(({ what, bytes }) => ({
        what: `${what} under the own export`,
        bytes: forge.withExportNumber(bytes, number),
      })),
    ]
  }),
  forgedAttack(
    'export ids',
    "puts others' export ids, their neighbours and none into own and stolen handles",
    (field) => [
      ...forge.exportNumbers(rootOf(field), theirs(field)),
      ...forge.exportNumbers(fileOf(field), roots(field)),
    ],
  ),
  ofHosts(
    forgedAttack('file systems', "names others' file systems by their UUIDs and device numbers", (field) =>
      forge.fileSystems(rootOf(field), theirs(field), field.devices),
    ),
  ),
  ofHosts(
    withSeed(
      forgedAttack(
        'inodes, subvolumes and generations',
        'names roots, small numbers and what others have by inode, subvolume and generation',
        (field) => [
          ...forge.inodes(rootOf(field), theirs(field), field.random),
          ...forge.inodes(fileOf(field), [], field.random).slice(0, 50),
        ],
      ),
    ),
  ),
  // Twice: to climb from one form of the root can make the server take what lies above for a part of the export.
  ofHosts(
    forgedAttack(
      "the host's file systems",
      'names the roots of file systems of the host, and climbs from other forms of its own root',
      (field) => {
        const forged = forge.hostRoots(rootOf(field), field.hostFsids, field.devices)
        return [...forged, ...forged]
      },
    ),
  ),
  ofHosts(
    forgedAttack('types of kernel handles', 'gives the kernel handles of every type', (field) =>
      forge.kernelTypes(fileOf(field), theirs(field).slice(1, 2)),
    ),
  ),
  ofHosts(
    forgedAttack(
      'flags and lengths',
      'sets every flag, every type of fsid and every length up to 0x40',
      (field) => forge.flagsAndLengths(rootOf(field), roots(field)),
    ),
  ),
  forgedAttack('fronts of handles', 'asks for other versions, byte orders and data servers', (field) =>
    forge.fronts(rootOf(field), theirs(field)),
  ),
  forgedAttack('cut and stretched handles', 'sends a part of a handle, or more than one', (field) =>
    forge.cutAndStretched(rootOf(field), theirs(field)),
  ),
  forgedAttack(
    'bits and joints',
    "turns every bit, and joins own handles with others' at every byte",
    (field) => forge.bitsAndJoints(fileOf(field), theirs(field).slice(0, 2)),
  ),
  forgedAttack('small numbers in every word', 'counts through what a layout may keep there', (field) =>
    forge.words(rootOf(field), theirs(field)),
  ),
  withSeed(
    forgedAttack('scrambled handles', "changes bytes at random, some for others' bytes", (field) =>
      forge.scrambled(fileOf(field), theirs(field), 3000, field.random),
    ),
  ),
]
