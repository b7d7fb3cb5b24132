/** What an account of the database may be excepted from, by Keystone's names. Pure. */

export const accountOptions = [
  /** Its password does not expire. */
  'ignore_password_expiry',
  /** A password that an administrator set may be kept. */
  'ignore_change_password_upon_first_use',
  /** Failed logins do not lock it; addresses they come from are locked all the same. */
  'ignore_lockout_failure_attempts',
  /** It is not disabled for not logging in. */
  'ignore_user_inactivity',
  /** Only administrators change its password. */
  'lock_password',
] as const

export type AccountOption = (typeof accountOptions)[number]

/** Absent = false. */
export type AccountOptions = Readonly<Partial<Record<AccountOption, boolean>>>

/** null takes one away, absent leaves it as it is. */
export type AccountOptionsChange = Readonly<Partial<Record<AccountOption, boolean | null>>>

/** What accounts of services have, so that rules for people do not stop them. */
export const serviceAccountOptions: AccountOptions = {
  ignore_password_expiry: true,
  ignore_change_password_upon_first_use: true,
  ignore_user_inactivity: true,
}

export function changedOptions(before: AccountOptions, change: AccountOptionsChange): AccountOptions {
  const after = { ...before, ...change }
  return Object.fromEntries(
    Object.entries(after).filter(([, value]) => value !== null && value !== undefined),
  )
}
