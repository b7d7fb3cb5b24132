/** What a verb of `manila-manage` is made of, and how it fails. */
import type { TSchema } from 'typebox'
import type { ExporterTable } from '../config/exporters.ts'
import type { BackendSettings, Settings } from '../config/schema.ts'
import type { Store } from '../db/open.ts'

export type OptionName =
  | 'fix'
  | 'project'
  | 'role'
  | 'password-file'
  | 'from'
  | 'to'
  | 'user'
  | 'apply'
  | 'service'
  | 'backends'
  | 'repair'
  | 'yes'
  | 'dry-run'
  | 'withdraw'
  | IdentityOption
  | 'target'
  | 'share'
  | 'scope'

/** Of the verbs below `identity`. */
export type IdentityOption =
  | 'base'
  | 'description'
  | 'disable'
  | 'domain'
  | 'email'
  | 'effective'
  | 'enable'
  | 'from-keystone'
  | 'from-ldif'
  | 'group'
  | 'group-domain'
  | 'inherited'
  | 'limit'
  | 'name'
  | 'names'
  | 'os-cloud'
  | 'parent'
  | 'password-prompt'
  | 'preset'
  | 'project-domain'
  | 'system'
  | 'tag'
  | 'to-ldif'
  | 'to-openstack'
  | 'user-domain'

/** The options of a command line. */
export interface Given {
  readonly config?: string | undefined
  readonly format: string
  readonly fix?: boolean | undefined
  readonly project?: string | undefined
  readonly role?: readonly string[] | undefined
  readonly 'password-file'?: string | undefined
  readonly service?: string | undefined
  readonly backends?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly user?: string | undefined
  readonly apply?: boolean | undefined
  readonly repair?: boolean | undefined
  readonly yes?: boolean | undefined
  readonly 'dry-run'?: boolean | undefined
  readonly withdraw?: boolean | undefined
  readonly json?: boolean | undefined
  readonly base?: string | undefined
  readonly description?: string | undefined
  readonly disable?: boolean | undefined
  readonly domain?: string | undefined
  readonly email?: string | undefined
  readonly effective?: boolean | undefined
  readonly enable?: boolean | undefined
  readonly 'from-keystone'?: boolean | undefined
  readonly 'from-ldif'?: string | undefined
  readonly group?: string | undefined
  readonly 'group-domain'?: string | undefined
  readonly inherited?: boolean | undefined
  readonly limit?: string | undefined
  readonly name?: string | undefined
  readonly names?: boolean | undefined
  readonly 'os-cloud'?: string | undefined
  readonly parent?: string | undefined
  readonly 'password-prompt'?: boolean | undefined
  readonly preset?: string | undefined
  readonly 'project-domain'?: string | undefined
  readonly system?: boolean | undefined
  readonly tag?: readonly string[] | undefined
  readonly 'to-ldif'?: string | undefined
  readonly 'to-openstack'?: string | undefined
  readonly 'user-domain'?: string | undefined
  readonly target?: readonly string[] | undefined
  readonly share?: string | undefined
  readonly scope?: string | undefined
}

/** An entry of `src/storage/drivers/index.ts` or `src/storage/exporters/index.ts`, as far as this folder needs to know it. */
export interface PartFactory {
  readonly name: string
  readonly options: TSchema
  create(options: never, parts: never): unknown
  /** See `src/storage/contract/driver.ts`. */
  wants?(options: never, dir: string): Wants
}

/** What a backend will want of the host. */
export interface Wants {
  readonly listens?: readonly { readonly host: string; readonly port: number }[]
  readonly keeps?: readonly string[]
  readonly writes?: readonly string[]
  readonly reads?: readonly string[]
  readonly problems?: readonly string[]
}

/** What `bin/manila-manage.ts` wires: the process, and the registries, which this folder may not import. */
export interface World {
  out(text: string): void
  err(text: string): void
  /** Makes or replaces a file that only its owner reads. */
  write(file: string, text: string): void
  readonly env: NodeJS.ProcessEnv
  /** All of standard input; for passwords. */
  stdin(): Promise<string>
  /** Asks somebody at a terminal and shows nothing of the answer. Throws a sentence where there is no terminal. */
  prompt(question: string): Promise<string>
  /**
   * Logs in at a Keystone as `OS_*` variables or clouds.yaml say, and answers how to read of it. Throws a sentence that never holds
   * a password.
   */
  keystone(cloud?: string): Promise<KeystoneReader>
  readonly driverNames: readonly string[]
  readonly exporterNames: readonly string[]
  loadDriver(name: string, baseDir: string): Promise<PartFactory>
  loadExporter(name: string, baseDir: string): Promise<PartFactory>
  /** Carries a share from one backend to another; throws a sentence that says why not. */
  moveShare(
    parts: { readonly store: Store; readonly settings: Settings },
    request: { readonly shareId: string; readonly to: string; readonly apply: boolean },
  ): Promise<{ readonly from: string; readonly to: string; readonly applied: boolean }>
  /** Why a backend of these parts takes no new shares, or doesn't start, although nothing is wrong with its options; null otherwise. */
  objection(backend: {
    readonly name: string
    readonly settings: BackendSettings
    readonly driver: unknown
    /** All of its exporters. */
    readonly exporters: readonly unknown[]
  }): string | null
  /** Why an exporter can't be the one of its table (`exporters.nfs`); null when it can. */
  mismatch(
    table: ExporterTable,
    exporter: { readonly protocols: readonly string[] },
    driver: unknown,
  ): string | null
  /** Throws what is wrong with a policy file; answers what is only odd about it. */
  checkPolicy(file: string): readonly string[]
  /** Names in the scheduler's lists that nobody knows, as sentences. */
  chainProblems(scheduler: Settings['scheduler']): readonly string[]
  /** What is wrong with the expressions of a backend, as sentences. */
  functionProblems(backend: BackendSettings): readonly string[]
}

/** Reads a Keystone as an administrator. */
export interface KeystoneReader {
  /** `https://host:5000/v3` */
  readonly url: string
  /** The body of the answer to `GET {url}{path}`. Throws what Keystone said when it is no success. */
  get(path: string): Promise<unknown>
}

export interface Call {
  readonly operands: readonly string[]
  readonly options: Given
  readonly world: World
  /** Throws {@link ConfigError}. */
  settings(): Settings
}

export interface Answer {
  /** 0, or 1 when something is wrong. */
  readonly code: 0 | 1
  /** For people; ends in a line end. */
  readonly text: string
  /** For programs. */
  readonly data: unknown
}

export interface Verb {
  /** `quota recount` */
  readonly name: string
  readonly summary: string
  /** What it does and what its exit code says, for its help. */
  readonly help: string
  /** Names of the words after the verb; all are needed. */
  readonly operands?: readonly string[]
  readonly options?: readonly {
    readonly name: OptionName
    readonly value?: string
    readonly help: string
  }[]
  run(call: Call): Promise<Answer>
}

/** Exit 1: the verb could not do what was asked. */
export class Problem extends Error {
  override readonly name = 'Problem'
}
/** Exit 2: the command line is wrong; nothing was done. */
export class Usage extends Error {
  override readonly name = 'Usage'
}
/** Exit 3: the settings or the database can't be used. */
export class Unusable extends Error {
  override readonly name = 'Unusable'
}
