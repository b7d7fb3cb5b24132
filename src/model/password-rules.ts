/** What a password must be, how long it lasts and when it may be changed, as laws: no clock, no database, no hash. */
import type { AccountOptions } from './account-options.ts'

/** `[auth.passwords]`; the defaults, all off, are Keystone's. */
export interface PasswordRules {
  /** Characters. */
  readonly minLength: number
  /** Somewhere in the password it must match; null = anything does. */
  readonly pattern: RegExp | null
  /** What the pattern wants, for people. */
  readonly patternSays: string
  /** Whether it may be, contain or be contained in the name of its user, letter case aside. */
  readonly refusesName: boolean
  /** How many in a row must differ, the new one among them; 0 and 1 = any. */
  readonly uniqueLast: number
  /** Days before who changed it may change it again. */
  readonly minimumAgeDays: number
  /** Days after which it must be changed; 0 = never. */
  readonly expiresDays: number
  /** Whether one that an administrator set must be changed at once. */
  readonly changeUponFirstUse: boolean
  /** Days without a login after which an account is disabled; 0 = never. */
  readonly inactiveDays: number
}

export const noRules: PasswordRules = {
  minLength: 1,
  pattern: null,
  patternSays: '',
  refusesName: false,
  uniqueLast: 0,
  minimumAgeDays: 0,
  expiresDays: 0,
  changeUponFirstUse: false,
  inactiveDays: 0,
}

const dayUs = 86_400_000_000

/** What is wrong with a new password, as a sentence that never holds it; null when nothing is. */
export function problemWithPassword(rules: PasswordRules, password: string, userName: string): string | null {
  const length = Array.from(password).length
  if (length < rules.minLength) return `password must have at least ${rules.minLength} characters`
  if (rules.pattern !== null && !rules.pattern.test(password)) {
    return `password must be as the rules of this installation want it${rules.patternSays === '' ? '' : `: ${rules.patternSays}`}`
  }
  if (rules.refusesName && likeName(password, userName))
    return 'password must not be like the name of the user'
  return null
}

/** A name of one or two letters is in nearly everything. */
function likeName(password: string, userName: string): boolean {
  const [given, name] = [password.toLowerCase(), userName.toLowerCase()]
  return given === name || (name.length > 2 && (given.includes(name) || name.includes(given)))
}

/** Microseconds at which a password set at `now` must be changed; null = never. */
export function expiryOf(
  rules: PasswordRules,
  options: AccountOptions,
  { now, byOwner }: { readonly now: number; readonly byOwner: boolean },
): number | null {
  if (!byOwner && rules.changeUponFirstUse && options.ignore_change_password_upon_first_use !== true)
    return now
  if (rules.expiresDays === 0 || options.ignore_password_expiry === true) return null
  return now + rules.expiresDays * dayUs
}

/** Whether the account must change it before it logs in: the option, given later, counts as well. */
export const isExpired = (expiresAt: number | null, options: AccountOptions, now: number): boolean =>
  expiresAt !== null && expiresAt <= now && options.ignore_password_expiry !== true

/** When its owner may change a password that he set at `setAt`. One that an administrator set may be changed at once. */
export const changeableAt = (
  rules: PasswordRules,
  { setAt, byOwner }: { readonly setAt: number; readonly byOwner: boolean },
): number => (byOwner ? setAt + rules.minimumAgeDays * dayUs : setAt)

/** Of an account whose last login is not known nothing is said. */
export const isInactive = (
  rules: PasswordRules,
  options: AccountOptions,
  { lastActiveAt, now }: { readonly lastActiveAt: number | null; readonly now: number },
): boolean =>
  rules.inactiveDays > 0 &&
  options.ignore_user_inactivity !== true &&
  lastActiveAt !== null &&
  now - lastActiveAt > rules.inactiveDays * dayUs
