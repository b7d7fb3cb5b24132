/** Where a new password comes from. Never from the command line: every user of the host can read that. */
import { randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { passwordRulesOf } from '../auth/open.ts'
import { problemWithPassword, type PasswordRules } from '../model/password-rules.ts'
import { Problem, type Call } from './verb.ts'

export interface NewPassword {
  readonly password: string
  /** True when nobody knows it yet, so that it must be shown. */
  readonly generated: boolean
}

export const passwordOption = {
  name: 'password-file',
  value: 'FILE',
  help: 'take the password from the first line of FILE (- is standard input); without it one is made and shown once',
} as const

/** Reads `--password-file` or makes a password of 120 random bits that keeps the rules of the configuration. Throws a sentence that never holds the password. */
export async function newPassword({ options, world, settings }: Call): Promise<NewPassword> {
  const file = options['password-file']
  if (file === undefined)
    return { password: made(passwordRulesOf(settings().auth.passwords)), generated: true }
  const [password = ''] = (file === '-' ? await world.stdin() : read(file)).split(/\r?\n/, 1)
  if (password === '') throw new Problem(`${file === '-' ? 'standard input' : file}: the first line is empty`)
  return { password, generated: false }
}

/** One that the rules of this installation take, 120 bits or more of it random. */
function made(rules: PasswordRules): string {
  const bytes = Math.max(15, Math.ceil((rules.minLength * 3) / 4))
  for (let tries = 0; tries < 1000; tries++) {
    const password = randomBytes(bytes).toString('base64url')
    if (problemWithPassword(rules, password, '') === null) return password
  }
  throw new Problem(
    'no password could be made that keeps the rules of [auth.passwords]: give one with --password-file',
  )
}

function read(file: string): string {
  let mode: number
  try {
    const stat = statSync(file)
    mode = stat.isFile() ? stat.mode : 0
  } catch (error) {
    throw new Problem(`the password file can't be read: ${(error as Error).message}`, { cause: error })
  }
  if ((mode & 0o007) !== 0) {
    throw new Problem(`${file} is open to everybody on this host: run chmod 600 ${file}`)
  }
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    throw new Problem(`the password file can't be read: ${(error as Error).message}`, { cause: error })
  }
}
