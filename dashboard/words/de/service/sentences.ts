/** Sentences that the service writes, found again by how it writes them. What it says otherwise, or another release says, stays in its own words. */
import { causes as causesSaid } from '../../../../src/model/causes.ts'
import { messageDetails } from '../../../../src/model/messages.ts'
import { refusalOfOthers, refusals as refusalsSaid } from '../../../../src/model/refusals.ts'
import { causes, details, refusals } from './causes.ts'
import { fields } from './fields.ts'
import { gates } from './gates.ts'
import { groupGates } from './group-gates.ts'
import { requests } from './requests.ts'
import type { Sentences } from './sentence-pairs.ts'
import { statuses } from './statuses.ts'

const unmet: Sentences = [
  [
    "No storage could be allocated for this share request, {} filter didn't succeed.",
    'Für diese Anfrage fand sich kein Speicher.',
  ],
  ['No backend that is ready at present has {} = {}.', 'Kein zur Zeit bereites Backend hat {0} = {1}.'],
  ['No backend that is ready at present serves {}.', 'Kein zur Zeit bereites Backend bedient {0}.'],
  ['No backend has {} = {}.', 'Kein Backend hat {0} = {1}.'],
  ['No backend serves {}.', 'Kein Backend bedient {0}.'],
  ['The pool does not have {} = {}.', 'Der Pool hat nicht {0} = {1}.'],
  ['The pool does not serve {}.', 'Der Pool bedient {0} nicht.'],
  [
    'The share type asks for more that is missing: an administrator sees what.',
    'Der Freigabetyp verlangt noch mehr, was fehlt: ein Administrator sieht, was.',
  ],
  [
    'Choose another share type or protocol.',
    'Wählen Sie einen anderen Freigabetyp oder ein anderes Protokoll.',
  ],
]

const pairs = (
  english: Readonly<Record<string, string>>,
  german: Readonly<Record<string, string>>,
): [string, string][] => Object.entries(english).map(([key, sentence]) => [sentence, german[key] ?? sentence])

const exact = new Map<string, string>([
  ...pairs(causesSaid, causes),
  ...pairs(messageDetails, details),
  ...pairs(refusalsSaid, refusals),
  [refusalOfOthers, 'Er passt nicht zur Anfrage.'],
])

// Those of groups first: what speaks of a share of a group also reads as one that speaks of a share.
const patterns = [...unmet, ...groupGates, ...gates, ...requests, ...fields].map(
  ([english, german]) => [pattern(english), german] as const,
)

function pattern(english: string): RegExp {
  const literals = english.split('{}').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`))
  // What is filled in ends no sentence.
  return new RegExp(`^${literals.join(String.raw`((?:(?!\. ).)+?)`)}$`, 's')
}

/** `available, error or inactive` in German. */
const states = (text: string): string =>
  text
    .split(/(, | or )/)
    .map((part) => (part === ' or ' ? ' oder ' : part))
    .map((part) => (Object.hasOwn(statuses, part) ? statuses[part as keyof typeof statuses] : part))
    .join('')

function whole(text: string): string | undefined {
  const found = exact.get(text)
  if (found !== undefined) return found
  for (const [english, german] of patterns) {
    const filled = english.exec(text)
    if (filled !== null)
      return german.replaceAll(/\{(\d)(!?)\}/g, (_, at: string, isState: string) => {
        const value = filled[Number(at) + 1] ?? ''
        return isState === '' ? value : states(value)
      })
  }
  return undefined
}

/** As far as a service's text goes; more is not one of its sentences. */
const longest = 2000

/** Undefined where some part of it is none of ours. */
export function known(text: string): string | undefined {
  if (text.length > longest) return undefined
  // A sentence may have another one before it; the longest beginning that is one counts.
  for (let end = text.length; end > 0; end = text.lastIndexOf('. ', end - 2) + 1) {
    const first = whole(text.slice(0, end))
    if (first === undefined) continue
    if (end === text.length) return first
    const rest = known(text.slice(end + 1))
    if (rest !== undefined) return `${first} ${rest}`
  }
  return undefined
}

/** A list asks for the same sentences whenever it is drawn. */
const asked = new Map<string, string>()
const mostAsked = 1000

/** In German as far as it is known. */
export function sentence(text: string): string {
  const before = asked.get(text)
  if (before !== undefined) return before
  if (asked.size >= mostAsked) asked.clear()
  const german = known(text) ?? text
  asked.set(text, german)
  return german
}
