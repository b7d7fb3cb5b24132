import { access } from './access.ts'
import { common } from './common.ts'
import { frame } from './frame.ts'
import { limits } from './limits.ts'
import { login } from './login.ts'
import { operations } from './operations.ts'
import { overview } from './overview.ts'
import { shares } from './shares.ts'
import { snapshots } from './snapshots.ts'

export const en = { access, common, frame, limits, login, operations, overview, shares, snapshots }
