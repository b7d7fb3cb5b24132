/** A session of stock `openstack` commands: each is counted, and what does not succeed says why. */
import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import type { StockShell } from '../helpers/stock-shell.ts'

export interface Session {
  /** Runs a command of words, in which `{name}` stands for a value; answers what it prints. */
  run(command: string, values?: Readonly<Record<string, string>>, who?: Who): Promise<string>
  /** The same with `-f json`. */
  // eslint-disable-next-line typescript/no-explicit-any
  json(command: string, values?: Readonly<Record<string, string>>, who?: Who): Promise<any>
  /** Must be refused: answers what the client says. Not counted. */
  refused(command: string, values?: Readonly<Record<string, string>>, who?: Who): Promise<string>
  /** Commands asked for, and of those that failed what they said. */
  readonly count: number
  readonly failures: readonly string[]
  /** `N of M succeed`, and why for the others. */
  report(): string
}

/** Environment of whoever runs a command: absent, the administrator. */
export type Who = Readonly<Record<string, string>>

export interface SessionOptions {
  /** Whose commands they are; default `openstack`. */
  readonly program?: string
  /** Absent `who`; default: the administrator by the clouds' file. */
  readonly admin?: Who
  /** Throws at the first command that fails, in place of going on. */
  readonly strict?: boolean
  /** Told the words of every command that succeeds. */
  readonly worked?: (words: readonly string[]) => void
}

export function session(shell: StockShell, clouds: string, options: SessionOptions = {}): Session {
  const { program = 'openstack', strict = false, worked } = options
  const failures: string[] = []
  let count = 0
  const admin = options.admin ?? { OS_CLIENT_CONFIG_FILE: clouds, OS_CLOUD: 'manila-admin' }
  const wordsOf = (command: string, values: Readonly<Record<string, string>>): string[] =>
    command
      .split(' ')
      .map((word) => word.replaceAll(/\{(\w+)\}/g, (_all, name: string) => values[name] ?? ''))
  const counted = async (
    command: string,
    values: Readonly<Record<string, string>>,
    who: Who,
    more: string[],
  ) => {
    count++
    const words = wordsOf(command, values)
    const { code, out, err } = await shell.run([...words, ...more], who)
    // A client that could not do all it was told may end with 0 and a word.
    const failed = code !== 0 || /^(?:Failed|Error|Traceback)/m.test(err)
    const why = `${program} ${command}: ${err.trim().split('\n').at(-1)}`
    if (failed && strict) throw new Error(why)
    if (failed) failures.push(why)
    else worked?.(words)
    return failed ? null : out
  }
  return {
    run: async (command, values = {}, who = admin) => (await counted(command, values, who, [])) ?? '',
    async json(command, values = {}, who = admin) {
      const out = await counted(command, values, who, ['-f', 'json'])
      return out === null ? {} : JSON.parse(out)
    },
    async refused(command, values = {}, who = admin) {
      const { code, err } = await shell.run(wordsOf(command, values), who)
      return code === 0 ? 'it succeeded' : err
    },
    get count() {
      return count
    },
    failures,
    report: () => [`${count - failures.length} of ${count} succeed`, ...failures].join('\n  '),
  }
}

/** Somebody who logs in with a password; `scope` is further environment. */
export function person(clouds: string, name: string, password: string, domain: string, scope: Who = {}): Who {
  const file = parse(readFileSync(clouds, 'utf8')) as {
    clouds: Record<string, { auth: Record<string, string> }>
  }
  return {
    OS_AUTH_URL: file.clouds['manila-admin']?.auth.auth_url ?? '',
    OS_IDENTITY_API_VERSION: '3',
    OS_USERNAME: name,
    OS_PASSWORD: password,
    OS_USER_DOMAIN_NAME: domain,
    ...scope,
  }
}
