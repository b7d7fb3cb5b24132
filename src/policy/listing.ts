/** Rules beside their defaults, for people and tools: what is in force, what a file changes, and the sample to begin one with. */
import { ruleBook, defaultRules } from './defaults/index.ts'
import { readVersion } from './file.ts'
import { parseRule, printCheck } from './language.ts'
import { compileRules, PolicyFileError, readPolicyText } from './load.ts'

export interface ListedRule {
  readonly name: string
  /** Null for a helper rule of the file. */
  readonly default: string | null
  readonly effective: string
  readonly from: 'default' | 'file'
  /** In the file although it says what the default says. */
  readonly redundant: boolean
  readonly about: string
  readonly routes: readonly string[]
  readonly notYet: boolean
  readonly deprecated: string | null
}

export interface Listing {
  readonly rules: readonly ListedRule[]
  /** Rules of the file that nobody knows, as sentences. */
  readonly warnings: readonly string[]
}

/** Every rule in force with `file` over the defaults; '' is no file. Throws {@link PolicyFileError}, or what the system says of the file. */
export function listRules(file: string): Listing {
  const overrides = file === '' ? new Map<string, unknown>() : overridesOf(file)
  const { rules, warnings } = compileRules(defaultRules, overrides)
  const listed = [...rules].map(([name, check]): ListedRule => {
    const known = Object.hasOwn(ruleBook, name) ? ruleBook[name] : undefined
    const effective = printCheck(check)
    const inFile = overrides.has(name)
    return {
      name,
      default: known?.check ?? null,
      effective,
      from: inFile ? 'file' : 'default',
      redundant: inFile && known !== undefined && printCheck(parseRule(known.check)) === effective,
      about: known?.about ?? 'A rule of the file, for other rules to refer to.',
      routes: known?.routes ?? [],
      notYet: known?.notYet === true,
      deprecated: known?.deprecated ?? null,
    }
  })
  return { rules: listed, warnings }
}

function overridesOf(file: string): ReadonlyMap<string, unknown> {
  const { text } = readVersion(file, () => true)
  if (text === null) throw new PolicyFileError(['it is being written'])
  return readPolicyText(text)
}

const preamble = `# Every rule and its default. Take the # off a rule to change it; leave out what you don't change.
# The language is oslo.policy's: role:NAME, rule:NAME, project_id:%(project_id)s, user_id:%(user_id)s, @ (always), ! (never), and, or, not.
`

/** A complete policy file in which everything is a comment. Routes are below /v2. */
export function samplePolicy(): string {
  const entries = Object.entries(ruleBook).map(([name, rule]) => {
    const told = [
      rule.about,
      ...rule.routes,
      ...(rule.notYet === true ? ['(guards nothing yet)'] : []),
      ...(rule.deprecated === undefined ? [] : [`Deprecated: ${rule.deprecated}`]),
    ]
    return `${told.map((line) => `# ${line}\n`).join('')}#${JSON.stringify(name)}: ${JSON.stringify(rule.check)}\n`
  })
  return [preamble, ...entries].join('\n')
}
