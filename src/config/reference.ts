/**
 * The configuration reference, printed from the same schemas that `load.ts` and the factories check against: a new
 * option is on the page or the golden test fails.
 */
import { SettingsSchema } from './schema.ts'

/** A driver or exporter, as far as the page needs to know it. */
export interface Documented {
  readonly name: string
  readonly options: unknown
}

/** The part of a JSON schema that options are made of. */
interface Schema {
  readonly type?: string
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly anyOf?: readonly Schema[]
  readonly items?: Schema
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly keysAre?: string
  readonly required?: readonly string[]
  readonly default?: unknown
  readonly description?: string
  readonly minimum?: number
  readonly maximum?: number
}

interface Row {
  readonly key: string
  readonly schema: Schema
  readonly required: boolean
}

const introduction = `# Configuration

One TOML file, named with \`--config\`. Every option has a default, so that the file holds only what differs; an unknown key or a wrong value stops
the start with a sentence. Made by \`manila-manage config reference\`; \`npm run golden\` writes it.

- \`manila-manage --config FILE config check\` reads the file as a start would and says what would run.
- \`MANILA_API__PORT=8080\` in the environment sets \`port\` in \`[api]\`: the table, two underscores, the key, in capitals (\`MANILA_AUTH__KEYSTONE__USERNAME\` for a table in a table). Lists are separated by commas. The keys
  at the top of the file and those of backends are set in the file only.
- \`state_dir\` is relative to the working directory; the database, the key file and the audit log are relative to \`state_dir\` (a leading \`var/\` is dropped). Write absolute
  paths everywhere else.
`

/** The whole page as Markdown, ending in a line end. Pure: the same schemas give the same text. */
export function configurationReference({
  drivers,
  exporters,
}: {
  readonly drivers: readonly Documented[]
  readonly exporters: readonly Documented[]
}): string {
  const root = SettingsSchema as Schema
  const all = rowsOf(root)
  const tables = all.filter(({ schema }) => schema.properties !== undefined)
  const maps = all.filter(({ schema }) => schema.patternProperties !== undefined)
  const plain = all.filter((row) => !tables.includes(row) && !maps.includes(row))
  return [
    introduction,
    section('At the top of the file', plain),
    ...tables.flatMap(({ key, schema }) => tableSections(key, schema)),
    ...maps.flatMap(({ key, schema }) => mapSections(key, schema)),
    ...drivers.map((part) => partSection('driver', part)),
    ...exporters.map((part) => partSection('exporter', part)),
  ].join('\n')
}

/** A table, and after it those within. */
function tableSections(key: string, schema: Schema): string[] {
  const rows = rowsOf(schema)
  const tables = rows.filter((row) => row.schema.properties !== undefined)
  const maps = rows.filter((row) => row.schema.patternProperties !== undefined)
  return [
    section(
      `\`[${key}]\``,
      rows.filter((row) => !tables.includes(row) && !maps.includes(row)),
      key.includes('.') ? (schema.description ?? '') : '',
    ),
    ...tables.flatMap((row) => tableSections(`${key}.${row.key}`, row.schema)),
    ...maps.map((row) => {
      return section(`\`[${key}.${row.key}.NAME]\``, rowsOf(eachOf(row.schema)), row.schema.description ?? '')
    }),
  ]
}

/** A table of tables, and after it those within each. */
function mapSections(key: string, schema: Schema): string[] {
  const rows = rowsOf(eachOf(schema))
  const maps = rows.filter((row) => eachOf(row.schema).properties !== undefined)
  return [
    section(
      `\`[${key}.NAME]\``,
      rows.filter((row) => !maps.includes(row)),
      `${schema.description ?? ''} NAME has letters, digits, \`_\` and \`-\`, at most 60; it is the middle of \`host@NAME#pool\` and may not change later.`,
    ),
    ...maps.map((row) =>
      section(
        `\`[${key}.NAME.${row.key}.PROTOCOL]\``,
        rowsOf(eachOf(row.schema)),
        `${row.schema.description ?? ''} PROTOCOL is ${row.schema.keysAre ?? 'a name'}.`,
      ),
    ),
  ]
}

const eachOf = (schema: Schema): Schema => Object.values(schema.patternProperties ?? {})[0] ?? {}

function partSection(kind: 'driver' | 'exporter', { name, options }: Documented): string {
  const words =
    kind === 'driver'
      ? 'In `[backends.NAME.driver_options]` where'
      : 'In `[backends.NAME.exporters.PROTOCOL.options]`, or in `[backends.NAME.exporter_options]`, where'
  const where = kind === 'driver' ? 'storage/drivers' : 'storage/exporters'
  return section(
    `${kind === 'driver' ? 'Driver' : 'Exporter'} \`${name}\``,
    rowsOf(options as Schema),
    `${words} \`${kind} = "${name}"\` (\`src/${where}\`).`,
  )
}

function section(title: string, rows: readonly Row[], text = ''): string {
  const lines = rows.map(
    ({ key, schema, required }) =>
      `| \`${key}\` | ${typeOf(schema)} | ${defaultOf(schema, required)} | ${cell(sentence(schema))} |\n`,
  )
  return `## ${title}\n\n${text === '' ? '' : `${text}\n\n`}| option | type | default | |\n| --- | --- | --- | --- |\n${lines.join('')}`
}

function rowsOf(schema: Schema): Row[] {
  return Object.entries(schema.properties ?? {}).map(([key, inner]) => ({
    key,
    schema: inner,
    required: schema.required?.includes(key) === true,
  }))
}

function typeOf(schema: Schema): string {
  const types = schema.anyOf?.filter((one) => one.const === undefined) ?? []
  if (types.length > 1) return types.map(typeOf).join(' or ')
  const choices =
    schema.enum ?? schema.anyOf?.map((one) => one.const).filter((value) => value !== undefined) ?? []
  if (choices.length > 0) return choices.map((value) => code(value)).join(', ')
  switch (schema.type) {
    case 'integer':
      return `integer${rangeOf(schema)}`
    case 'number':
      return `number${rangeOf(schema)}`
    case 'array':
      return schema.items?.type === 'object' ? 'list of tables' : `list of ${elementsOf(schema.items ?? {})}`
    case 'object':
      return 'table'
    default:
      return schema.type ?? 'any'
  }
}

const elementsOf = (items: Schema): string =>
  items.type === 'string' && items.enum === undefined ? 'strings' : typeOf(items)

function rangeOf({ minimum, maximum }: Schema): string {
  if (minimum !== undefined && maximum !== undefined) return ` ${minimum} – ${maximum}`
  if (minimum !== undefined) return ` ≥ ${minimum}`
  return maximum === undefined ? '' : ` ≤ ${maximum}`
}

function defaultOf(schema: Schema, required: boolean): string {
  if (schema.default === undefined) return required && schema.properties === undefined ? 'must be given' : ''
  return code(schema.default)
}

/** What a table holds is told after its own sentence. */
function sentence(schema: Schema): string {
  const inner = schema.items?.type === 'object' ? rowsOf(schema.items) : []
  const keys = inner.map(
    ({ key, schema: one }) =>
      `\`${key}\` (${typeOf(one)}${one.default === undefined ? '' : `, default ${code(one.default)}`}): ${one.description ?? ''}`,
  )
  // Outside of code an angle bracket would open an HTML tag.
  return [schema.description ?? '', ...keys].join(' ').replaceAll('<', '&lt;')
}

const code = (value: unknown): string => `\`${cell(tomlOf(value))}\``

/** A value as it is written in the file. */
function tomlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(tomlOf).join(', ')}]`
  if (typeof value === 'object' && value !== null) {
    const pairs = Object.entries(value).map(([key, inner]) => `${key} = ${tomlOf(inner)}`)
    return pairs.length === 0 ? '{}' : `{ ${pairs.join(', ')} }`
  }
  return JSON.stringify(value)
}

/** A table's cell ends at a bar. */
const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ')
