/** What a share type asks for and no backend has, as data and in words. */
import { tenantVisibleSpecs } from './extra-specs.ts'

export interface Unmet {
  /** Of which pools that is said: all that are known, those that could be chosen now, or the one that was named. */
  readonly of: 'all' | 'ready' | 'named'
  /** Requirements by key, as the capabilities filter read them. */
  readonly specs: Readonly<Record<string, string>>
}

/** More would be no sentence. */
const mostNamed = 5

const noneOf = { all: 'No backend', ready: 'No backend that is ready at present' } as const

/**
 * "No backend has snapshot_support = True." Specs that tenants are not shown (the names of backends stand in them) are
 * named only to those that see all.
 */
export function unmetSentence({ of, specs }: Unmet, seesAll: boolean): string {
  const all = Object.entries(specs)
  const told = all.filter(([key]) => seesAll || isTold(key))
  const sentences = told.slice(0, mostNamed).map(([key, requirement]) => lack(of, key, requirement))
  if (told.length < all.length)
    sentences.push('The share type asks for more that is missing: an administrator sees what.')
  return [...sentences, 'Choose another share type or protocol.'].join(' ')
}

/** True when it is about the share's protocol, which whoever made it named. */
export const isProtocol = (key: string): boolean => key === 'storage_protocol'

const isTold = (key: string): boolean =>
  isProtocol(key) || (tenantVisibleSpecs as readonly string[]).includes(key)

function lack(of: Unmet['of'], key: string, requirement: string): string {
  const protocol = isProtocol(key) ? /^<in> (\S+)$/.exec(requirement)?.[1] : undefined
  const wanted = `${key} = ${requirement.replace(/^<is> /, '')}`
  if (of === 'named')
    return protocol === undefined
      ? `The pool does not have ${wanted}.`
      : `The pool does not serve ${protocol}.`
  return protocol === undefined ? `${noneOf[of]} has ${wanted}.` : `${noneOf[of]} serves ${protocol}.`
}
