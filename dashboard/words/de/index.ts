import type { Words } from '../index.ts'
import { access } from './access.ts'
import { common } from './common.ts'
import { frame } from './frame.ts'
import { login } from './login.ts'
import { operations } from './operations.ts'
import { shares } from './shares.ts'
import { snapshots } from './snapshots.ts'

export const de: Words = { access, common, frame, login, operations, shares, snapshots }
