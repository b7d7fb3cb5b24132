import type { Words } from '../index.ts'
import { access } from './access.ts'
import { bulk } from './bulk.ts'
import { common } from './common.ts'
import { frame } from './frame.ts'
import { login } from './login.ts'
import { mount } from './mount.ts'
import { operations } from './operations.ts'
import { recycleBin } from './recycle-bin.ts'
import { shares } from './shares.ts'

export const de: Words = { access, bulk, common, frame, login, mount, operations, recycleBin, shares }
