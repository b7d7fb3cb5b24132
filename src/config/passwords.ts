/** `[auth.passwords]`: rules of the passwords of this service's own accounts, and what their hashes cost. */
import Type from 'typebox'

const count = (description: string, value: number, minimum = 0, maximum = Number.MAX_SAFE_INTEGER) =>
  Type.Integer({ description, default: value, minimum, maximum })
const flag = (description: string) => Type.Boolean({ description, default: false })
const text = (description: string) => Type.String({ description, default: '' })

export const Passwords = Type.Object({
  min_length: count('Characters that a password has at least.', 1, 1, 255),
  regex: text('Regular expression (of JavaScript) that a password must match somewhere; empty takes any.'),
  regex_description: text('What the regular expression wants, for people whose password it refuses.'),
  not_user_name: flag('Refuses passwords that contain the name of the user, or are contained in it.'),
  unique_last_password_count: count(
    'Passwords in a row of one user that must differ, the new one among them; 0 and 1 take any. Not asked of what an administrator sets.',
    0,
    0,
    24,
  ),
  minimum_password_age_days: count(
    'Days before who changed his password may change it again, so that nobody runs through his history; 0 = none.',
    0,
    0,
    3650,
  ),
  password_expires_days: count(
    'Days until a password set from now on must be changed; 0 = never. Accounts with the option ignore_password_expiry are excepted.',
    0,
    0,
    36500,
  ),
  change_password_upon_first_use: flag(
    'Whether a password that an administrator set must be changed at the first login.',
  ),
  disable_user_account_days_inactive: count(
    'Days without a login after which an account is disabled until an administrator enables it; 0 = never. Of accounts that have not logged in since this is counted nothing is said.',
    0,
    0,
    3650,
  ),
  memory_kib: count(
    "Memory of one Argon2id hash, KiB. The default, with its passes, is the least that OWASP's cheat sheet on storing passwords takes; RFC 9106 takes 65536 with 3 passes where memory is short. Weaker hashes grow to it when their owners log in.",
    19_456,
    7_168,
    1_048_576,
  ),
  passes: count('Passes over that memory.', 2, 1, 64),
  lanes: count('Lanes of that memory; they are filled one after the other.', 1, 1, 16),
})
