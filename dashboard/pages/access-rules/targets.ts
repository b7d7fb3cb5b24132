/** What somebody typed as targets of rules, read by the server's own law: each line by itself, with what it means. */
import ipaddr from 'ipaddr.js'
import {
  accessTypes,
  checkTarget,
  type AccessAbilities,
  type AccessLevel,
  type AccessType,
} from '../../../src/model/access.ts'

/** How clients of a protocol are told apart; the first is what is meant where nobody says. */
const usual: Readonly<Record<string, readonly AccessType[]>> = {
  NFS: ['ip'],
  CIFS: ['user', 'ip'],
  CEPHFS: ['cephx'],
  GLUSTERFS: ['ip', 'cert'],
  HDFS: ['user'],
  MAPRFS: ['user'],
}

export function typesFor(
  protocol: string,
  { cephx }: AccessAbilities,
): { readonly usual: readonly AccessType[]; readonly others: readonly AccessType[] } {
  const known = accessTypes.filter((type) => type !== 'cephx' || cephx)
  const own = (usual[protocol.toUpperCase()] ?? known).filter((type) => known.includes(type))
  return { usual: own, others: known.filter((type) => !own.includes(type)) }
}

export type Note =
  | { readonly is: 'everyone' | 'exists' | 'twice' }
  /** `addresses`: how many, as a number in words where it is beyond what one can count. */
  | { readonly is: 'network'; readonly addresses: bigint }
  | { readonly is: 'respelled' | 'mapped'; readonly as: string }

export interface Target {
  /** As it was typed. */
  readonly text: string
  readonly to: string
  readonly level: AccessLevel
  readonly canonical: string | null
  /** The end of the sentence "… must be"; null = it is right. */
  readonly problem: string | null
  readonly notes: readonly Note[]
}

interface Asked {
  readonly type: AccessType
  readonly level: AccessLevel
  readonly text: string
  readonly abilities: AccessAbilities
  /** Of the share: a second rule of one meaning is refused. */
  readonly rules: readonly { readonly access_type: string; readonly access_to: string }[]
}

export function readTargets({ type, level, text, abilities, rules }: Asked): readonly Target[] {
  const taken = new Set(
    rules.flatMap(({ access_type, access_to }) => {
      const { canonical } = checkTarget(access_type, access_to, { ipv6: true, cephx: true })
      return access_type === type && canonical !== undefined ? [canonical] : []
    }),
  )
  const seen = new Set<string>()
  return piecesOf(type, text).map((piece) => {
    const own = type === 'ip' ? /^(\S+)[ \t]+(rw|ro)$/i.exec(piece) : null
    const to = own?.[1] ?? piece
    const asked = { text: piece, to, level: (own?.[2]?.toLowerCase() as AccessLevel | undefined) ?? level }
    const checked = checkTarget(type, to, abilities)
    if (checked.problem !== undefined) {
      return {
        ...asked,
        canonical: null,
        problem: checked.problem.replace(/^access_to /, ''),
        notes: [],
      }
    }
    const { canonical } = checked
    const again: readonly Note[] = taken.has(canonical)
      ? [{ is: 'exists' }]
      : seen.has(canonical)
        ? [{ is: 'twice' }]
        : []
    seen.add(canonical)
    return {
      ...asked,
      canonical,
      problem: null,
      notes: [...again, ...(type === 'ip' ? notesOf(to, canonical) : [])],
    }
  })
}

/** Worth sending: right, and not there yet. */
export const isNew = ({ problem, notes }: Target): boolean =>
  problem === null && !notes.some(({ is }) => is === 'exists' || is === 'twice')

/** Addresses hold no spaces or commas; names do. */
const piecesOf = (type: AccessType, text: string): readonly string[] =>
  text
    .split(type === 'ip' ? /[\n,;]/ : /\n/)
    .map((piece) => piece.trim())
    .filter((piece) => piece !== '')

function notesOf(to: string, canonical: string): readonly Note[] {
  const [address = '', prefix] = canonical.split('/')
  const notes: Note[] = []
  if (prefix === '0') notes.push({ is: 'everyone' })
  else if (prefix !== undefined) {
    const width = address.includes(':') ? 128 : 32
    notes.push({ is: 'network', addresses: 2n ** BigInt(width - Number(prefix)) })
  }
  if (canonical !== to) {
    const isMapped = to.includes(':') && !canonical.includes(':')
    notes.push({ is: isMapped ? 'mapped' : 'respelled', as: canonical })
  }
  return notes
}

interface Rule {
  readonly id: string
  readonly access_type: string
  readonly access_to: string
  readonly access_level: string
  readonly state: string
}

/** Other rules that let in all that `rule` does, the widest last; only networks hold one another. */
export function stillLetIn<One extends Rule>(rule: One, rules: readonly One[]): readonly One[] {
  const own = rangeOf(rule)
  if (own === null) return []
  return rules
    .flatMap((other) => {
      const range = other.id === rule.id || other.state !== 'active' ? null : rangeOf(other)
      const isWider =
        range !== null &&
        range.address.kind() === own.address.kind() &&
        range.prefix <= own.prefix &&
        (own.address as ipaddr.IPv4).match(range.address as ipaddr.IPv4, range.prefix)
      return isWider ? [{ other, prefix: range.prefix }] : []
    })
    .sort((a, b) => b.prefix - a.prefix)
    .map(({ other }) => other)
}

function rangeOf({ access_type, access_to }: Rule) {
  const { canonical } = checkTarget(access_type, access_to, { ipv6: true, cephx: true })
  if (access_type !== 'ip' || canonical === undefined) return null
  const [text = '', prefix] = canonical.split('/')
  const address = ipaddr.parse(text)
  return { address, prefix: prefix === undefined ? (address.kind() === 'ipv6' ? 128 : 32) : Number(prefix) }
}
