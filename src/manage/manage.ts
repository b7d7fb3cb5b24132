/**
 * `manila-manage`: small programs for an operator who stands at the host, for what the API can't do (the first
 * administrator) or must not be trusted to do (counting itself again). It promises one sentence for every refusal, an exit
 * code that scripts can rely on, and JSON of everything it prints. It refuses to know HTTP and what a backend holds.
 */
import { parseArgs } from 'node:util'
import { ConfigError, loadSettings } from '../config/load.ts'
import type { Settings } from '../config/schema.ts'
import { Fault } from '../model/errors.ts'
import { changes, writeDown, type Ending } from './audited.ts'
import { helpOf, helpOfAll } from './help.ts'
import { Problem, Unusable, Usage, type Given, type Verb, type World } from './verb.ts'
import { verbs } from './verbs.ts'

export { type World } from './verb.ts'

const parseOptions = {
  config: { type: 'string' },
  format: { type: 'string', short: 'f', default: 'table' },
  help: { type: 'boolean', short: 'h', default: false },
  fix: { type: 'boolean' },
  project: { type: 'string' },
  role: { type: 'string', multiple: true },
  'password-file': { type: 'string' },
  service: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  user: { type: 'string' },
  apply: { type: 'boolean' },
  repair: { type: 'boolean' },
  yes: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  withdraw: { type: 'boolean' },
  json: { type: 'boolean' },
  description: { type: 'string' },
  disable: { type: 'boolean' },
  domain: { type: 'string' },
  email: { type: 'string' },
  effective: { type: 'boolean' },
  enable: { type: 'boolean' },
  'from-keystone': { type: 'boolean' },
  'from-ldif': { type: 'string' },
  group: { type: 'string' },
  'group-domain': { type: 'string' },
  inherited: { type: 'boolean' },
  limit: { type: 'string' },
  name: { type: 'string' },
  names: { type: 'boolean' },
  'os-cloud': { type: 'string' },
  parent: { type: 'string' },
  'password-prompt': { type: 'boolean' },
  preset: { type: 'string' },
  'project-domain': { type: 'string' },
  system: { type: 'boolean' },
  tag: { type: 'string', multiple: true },
  'user-domain': { type: 'string' },
  target: { type: 'string', multiple: true },
  share: { type: 'string' },
  scope: { type: 'string' },
} as const

/** Runs one command line and answers its exit code: see {@link helpOfAll}. Never throws. */
export async function manage(argv: readonly string[], world: World): Promise<number> {
  try {
    return await run(argv, world)
  } catch (error) {
    const [code, message] = verdict(error)
    world.err(`manila-manage: ${message}\n`)
    return code
  }
}

async function run(argv: readonly string[], world: World): Promise<number> {
  const { values, positionals } = parse(argv)
  const verb = verbs.find(({ name }) => name.split(' ').every((word, index) => positionals[index] === word))
  if (values.help) {
    world.out(verb === undefined ? helpOfAll(verbs) : helpOf(verb))
    return 0
  }
  if (verb === undefined) throw unknownVerb(positionals)
  const operands = positionals.slice(verb.name.split(' ').length)
  checkLine(verb, operands, values)
  const { config } = values
  const settings = (): Settings =>
    loadSettings({ ...(config === undefined ? {} : { file: config }), environment: world.env })
  const done = (code: number): Promise<void> =>
    changes(verb, values)
      ? record(world, settings, { verb, operands, options: values, code })
      : Promise.resolve()
  const answer = await verb
    .run({ operands, options: values, world, settings })
    .catch(async (error: unknown) => {
      const [code] = verdict(error)
      // Of a wrong command line, or without a database, nothing was tried.
      if (code === 1) await done(code)
      throw error
    })
  await done(answer.code)
  world.out(
    values.json === true || values.format === 'json'
      ? `${JSON.stringify(answer.data, null, 2)}\n`
      : answer.text,
  )
  return answer.code
}

/** What was done is done: that it could not be written down is said, and no more. */
async function record(world: World, settings: () => Settings, ending: Ending): Promise<void> {
  try {
    await writeDown(settings(), world, ending)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    world.err(`manila-manage: the audit trail does not have this: ${why}\n`)
  }
}

function parse(argv: readonly string[]): { values: Given & { help: boolean }; positionals: string[] } {
  try {
    const { values, positionals } = parseArgs({
      args: [...argv],
      options: parseOptions,
      allowPositionals: true,
    })
    return { values, positionals }
  } catch (error) {
    throw new Usage(error instanceof Error ? error.message : String(error), { cause: error })
  }
}

/** What every verb understands. */
const common = ['config', 'format', 'help', 'json']

function checkLine(verb: Verb, operands: readonly string[], values: Given): void {
  const wanted = verb.operands ?? []
  if (operands.length !== wanted.length) {
    const missing = wanted.slice(operands.length)
    const extra = operands.slice(wanted.length).map((word) => JSON.stringify(word))
    throw new Usage(
      missing.length > 0
        ? `${verb.name} needs ${missing.join(', ')}; manila-manage ${verb.name} --help shows how`
        : `${verb.name}: nothing is known to do with ${extra.join(', ')}`,
    )
  }
  const taken: readonly string[] = [...common, ...(verb.options ?? []).map(({ name }) => name)]
  const odd = Object.entries(values).find(([name, value]) => value !== undefined && !taken.includes(name))
  if (odd !== undefined) throw new Usage(`${verb.name} has no option --${odd[0]}`)
  if (values.format !== 'table' && values.format !== 'json') {
    throw new Usage(`--format is table or json, not ${JSON.stringify(values.format)}`)
  }
}

function unknownVerb(positionals: readonly string[]): Usage {
  const [noun] = positionals
  if (noun === undefined) return new Usage(`say what to do\n\n${helpOfAll(verbs)}`)
  const near = verbs.filter(({ name }) => name.split(' ')[0] === noun).map(({ name }) => name)
  return new Usage(
    near.length > 0
      ? `${noun} needs one of: ${near.join(', ')}`
      : `there is no ${JSON.stringify(positionals.join(' '))}; manila-manage --help lists what there is`,
  )
}

function verdict(error: unknown): [code: number, message: string] {
  const message = sentenceOf(error)
  if (error instanceof Usage) return [2, message]
  if (error instanceof Unusable || error instanceof ConfigError) return [3, message]
  if (error instanceof Problem || error instanceof Fault) return [1, message]
  return [1, message]
}

/** What was not found is in the fault's detail; its message is the API's own. */
function sentenceOf(error: unknown): string {
  if (error instanceof Fault && typeof error.detail.message === 'string') return error.detail.message
  return error instanceof Error ? error.message : String(error)
}
