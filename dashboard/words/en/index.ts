import { access } from './access.ts'
import { activity } from './activity.ts'
import { common } from './common.ts'
import { frame } from './frame.ts'
import { limits } from './limits.ts'
import { locks } from './locks.ts'
import { login } from './login.ts'
import { messages } from './messages.ts'
import { operations } from './operations.ts'
import { overview } from './overview.ts'
import { settings } from './settings.ts'
import { shares } from './shares.ts'
import { snapshots } from './snapshots.ts'

export const en = {
  access,
  activity,
  common,
  frame,
  limits,
  locks,
  login,
  messages,
  operations,
  overview,
  settings,
  shares,
  snapshots,
}
