/** `policy list`, `policy diff` and `policy sample`: which rules are in force and what the file has to do with it. */
import { listRules, samplePolicy, type ListedRule, type Listing } from '../policy/listing.ts'
import { columns } from './columns.ts'
import { Unusable, type Call, type Verb } from './verb.ts'

/** Throws {@link Unusable} with what is wrong with the file. */
export function listingOf({ settings }: Pick<Call, 'settings'>): Listing & { readonly file: string } {
  const file = settings().api.policy_file
  try {
    return { ...listRules(file), file }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    throw new Unusable(`policy file ${file}: ${said}`, { cause: error })
  }
}

const dataOf = ({ name, notYet, deprecated, about, routes, ...rule }: ListedRule, file: string) => ({
  rule: name,
  default: rule.default,
  effective: rule.effective,
  from: rule.from === 'file' ? file : 'default',
  about,
  routes,
  guards_nothing_yet: notYet,
  deprecated,
})

const warned = (warnings: readonly string[]): string => warnings.map((text) => `warning: ${text}\n`).join('')

export const policyList: Verb = {
  name: 'policy list',
  summary: 'list every rule: its default, what is in force, and where that is from',
  help: `Reads the policy file as a start would and lists every rule that the service knows, and the file's helper rules. Of rules that the
file leaves alone the default is in force. Rules of the file that nobody knows are warned about. JSON tells also what each rule is for
and which routes it guards. Ends with 3 when the file can't be used.`,
  async run(call) {
    const { rules, warnings, file } = listingOf(call)
    return {
      code: 0,
      data: { file: file || null, rules: rules.map((rule) => dataOf(rule, file)), warnings },
      text: `${columns(
        ['RULE', 'DEFAULT', 'IN FORCE', 'FROM'],
        rules.map((rule) => [
          rule.name,
          rule.default ?? '-',
          rule.effective === rule.default ? 'the default' : rule.effective,
          rule.from === 'file' ? file : 'default',
        ]),
      )}${warned(warnings)}`,
    }
  },
}

export const policyDiff: Verb = {
  name: 'policy diff',
  summary: 'show what the policy file changes',
  help: `Lists the rules that the file sets to something else than the default, its helper rules, those that say what the default says (they can
go), those of resources that this release does not have yet, and those that nobody knows (they do nothing). Exit 1 when there
are any of the last kind, 3 when the file can't be used.`,
  async run(call) {
    const { rules, warnings, file } = listingOf(call)
    const inFile = rules.filter(({ from }) => from === 'file')
    const changed = inFile.filter((rule) => rule.default !== null && !rule.redundant)
    const helpers = inFile.filter((rule) => rule.default === null)
    const redundant = inFile.filter((rule) => rule.redundant).map(({ name }) => name)
    const notYet = inFile.filter((rule) => rule.notYet).map(({ name }) => name)
    const deprecated = inFile.filter((rule) => rule.deprecated !== null).map(({ name }) => name)
    const line = ({ name, default: was, effective }: ListedRule): string =>
      was === null ? `${name}\n  + ${effective}\n` : `${name}\n  - ${was}\n  + ${effective}\n`
    const named = (title: string, names: readonly string[]): string =>
      names.length === 0 ? '' : `${title}: ${names.join(', ')}\n`
    const none = inFile.length + warnings.length === 0
    return {
      code: warnings.length === 0 ? 0 : 1,
      data: {
        file: file || null,
        changed: changed.map((rule) => dataOf(rule, file)),
        helpers: helpers.map((rule) => dataOf(rule, file)),
        redundant,
        guards_nothing_yet: notYet,
        deprecated,
        unknown: warnings,
      },
      text: [
        none ? 'nothing differs from the defaults\n' : '',
        ...changed.map(line),
        ...helpers.map(line),
        named('the same as the default', redundant),
        named('of resources still to come', notYet),
        named('deprecated', deprecated),
        warned(warnings),
      ].join(''),
    }
  },
}

export const policySample: Verb = {
  name: 'policy sample',
  summary: 'print a complete policy file to begin with',
  help: `Prints every rule with its default, what it is for and which routes (below /v2) it guards; all of it as comments. Needs no configuration.`,
  async run() {
    const text = samplePolicy()
    return { code: 0, data: { sample: text }, text }
  },
}
