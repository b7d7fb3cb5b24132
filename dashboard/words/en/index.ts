import { access } from './access.ts'
import { bulk } from './bulk.ts'
import { common } from './common.ts'
import { frame } from './frame.ts'
import { limits } from './limits.ts'
import { login } from './login.ts'
import { mount } from './mount.ts'
import { operations } from './operations.ts'
import { overview } from './overview.ts'
import { shares } from './shares.ts'
import { snapshots } from './snapshots.ts'

export const en = {
  access,
  bulk,
  common,
  frame,
  limits,
  login,
  mount,
  operations,
  overview,
  shares,
  snapshots,
}
