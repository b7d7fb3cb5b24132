import { access } from './access.ts'
import { administration } from './administration.ts'
import { common } from './common.ts'
import { frame } from './frame.ts'
import { login } from './login.ts'
import { operations } from './operations.ts'
import { shares } from './shares.ts'

export const en = { ...administration, access, common, frame, login, operations, shares }
