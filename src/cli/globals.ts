/** Options that every command takes: which cloud, who, how; and how the result looks. */
import { readFileSync } from 'node:fs'
import { flag, oneOf, text, texts, whole, type OptionSpec } from './command.ts'
import { formats, type Shape } from './output/shape.ts'
import type { ConnectOptions } from '../sdk/connect.ts'
import type { CloudSettings } from '../sdk/settings.ts'
import { UsageError } from './usage-error.ts'

/** The options that fill a connection's settings, in the order of help. */
const settingOptions = {
  'os-cloud': ['cloud', '<name>', 'Cloud of clouds.yaml (OS_CLOUD).'],
  'os-auth-type': ['authType', '<type>', 'password, token or v3applicationcredential (OS_AUTH_TYPE).'],
  'os-auth-url': ['authUrl', '<url>', 'Keystone (OS_AUTH_URL).'],
  'os-username': ['username', '<name>', 'User (OS_USERNAME).'],
  'os-user-id': ['userId', '<id>', 'User by id (OS_USER_ID).'],
  'os-password': [
    'password',
    '<password>',
    'Password; others on this machine can see it here: prefer OS_PASSWORD.',
  ],
  'os-user-domain-name': ['userDomainName', '<name>', "The user's domain (OS_USER_DOMAIN_NAME)."],
  'os-user-domain-id': ['userDomainId', '<id>', "The user's domain by id (OS_USER_DOMAIN_ID)."],
  'os-project-name': ['projectName', '<name>', 'Project (OS_PROJECT_NAME).'],
  'os-project-id': ['projectId', '<id>', 'Project by id (OS_PROJECT_ID).'],
  'os-project-domain-name': ['projectDomainName', '<name>', "The project's domain (OS_PROJECT_DOMAIN_NAME)."],
  'os-project-domain-id': ['projectDomainId', '<id>', "The project's domain by id (OS_PROJECT_DOMAIN_ID)."],
  'os-token': ['token', '<token>', 'Token instead of a password (OS_TOKEN).'],
  'os-application-credential-id': [
    'applicationCredentialId',
    '<id>',
    'Application credential (OS_APPLICATION_CREDENTIAL_ID).',
  ],
  'os-application-credential-secret': [
    'applicationCredentialSecret',
    '<secret>',
    'Its secret; prefer OS_APPLICATION_CREDENTIAL_SECRET.',
  ],
  'os-region-name': ['region', '<name>', 'Region of the catalog (OS_REGION_NAME).'],
  'os-interface': ['interface', '<interface>', 'public, internal or admin (OS_INTERFACE).'],
  'os-cacert': ['cacert', '<file>', 'Certificates to trust as well (OS_CACERT).'],
  'os-share-api-version': [
    'apiVersion',
    '<2.N>',
    'Microversion; the newest of both sides (OS_SHARE_API_VERSION).',
  ],
  'os-endpoint-override': [
    'endpoint',
    '<url>',
    'The service, instead of the catalog (OS_SHARED_FILE_SYSTEM_ENDPOINT_OVERRIDE).',
  ],
} as const satisfies Record<string, readonly [keyof CloudSettings | 'cloud', string, string]>

export const globalOptions: Readonly<Record<string, OptionSpec>> = {
  ...Object.fromEntries(
    Object.entries(settingOptions).map(([name, [, metavar, says]]) => [
      name,
      text(metavar.slice(1, -1), says),
    ]),
  ),
  insecure: flag('Trust any certificate (OS_INSECURE).'),
  timeout: whole('seconds', 'Longest wait for one answer, and with --wait for the work.', 1),
  debug: flag('Show every request and answer on stderr, without secrets.'),
}

/** Options of commands that give something. */
export const outputOptions = {
  format: oneOf(formats, 'format', 'How the result looks; default table.'),
  column: texts('column', 'Show only this column or field.'),
  noindent: flag('Keep JSON on one line.'),
  'max-width': whole('columns', 'Wrap tables to this width; 0, the default, does not.'),
} satisfies Record<string, OptionSpec>

export const listOptions = {
  'sort-column': texts('column', 'Sort the rows by this column.'),
  'sort-descending': flag('Sort downwards.'),
} satisfies Record<string, OptionSpec>

/** One-letter spellings. */
export const shortNames: Readonly<Record<string, string>> = { format: 'f', column: 'c' }

export interface Global {
  readonly connection: ConnectOptions
  readonly debug: boolean
  readonly timeoutS: number | null
}

type Values = Readonly<Record<string, unknown>>

export function readGlobals(values: Values, env: Readonly<Record<string, string | undefined>>): Global {
  const said = Object.entries(settingOptions).flatMap(([name, [field]]) =>
    values[name] === undefined ? [] : [[field, values[name]]],
  )
  const connection = Object.fromEntries(said) as ConnectOptions
  if (connection.cacert !== undefined) assertReadable(connection.cacert)
  const timeoutS = (values.timeout as number | undefined) ?? null
  return {
    connection: {
      ...connection,
      env,
      ...(values.insecure === true ? { insecure: true } : {}),
      ...(timeoutS === null ? {} : { timeoutS }),
    },
    debug: values.debug === true,
    timeoutS,
  }
}

function assertReadable(file: string): void {
  try {
    readFileSync(file)
  } catch {
    throw new UsageError(`--os-cacert: ${file} cannot be read.`)
  }
}

export const readShape = (values: Values): Shape => ({
  format: (values.format as Shape['format'] | undefined) ?? 'table',
  columns: (values.column as readonly string[] | undefined) ?? [],
  sortColumns: (values['sort-column'] as readonly string[] | undefined) ?? [],
  descending: values['sort-descending'] === true,
  indent: values.noindent !== true,
  maxWidth: (values['max-width'] as number | undefined) ?? 0,
})
