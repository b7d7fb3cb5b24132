import { access } from './access.ts'
import { admin } from './admin.ts'
import { administration } from './administration.ts'
import { audit } from './audit.ts'
import { bulk } from './bulk.ts'
import { common } from './common.ts'
import { frame } from './frame.ts'
import { instances } from './instances.ts'
import { limits } from './limits.ts'
import { login } from './login.ts'
import { mount } from './mount.ts'
import { operations } from './operations.ts'
import { overview } from './overview.ts'
import { pools } from './pools.ts'
import { quotas } from './quotas.ts'
import { recycleBin } from './recycle-bin.ts'
import { services } from './services.ts'
import { shares } from './shares.ts'
import { snapshots } from './snapshots.ts'
import { types } from './types.ts'
import { whyNot } from './why-not.ts'

export const en = {
  access,
  admin,
  administration,
  audit,
  bulk,
  common,
  frame,
  instances,
  limits,
  login,
  mount,
  operations,
  overview,
  pools,
  quotas,
  recycleBin,
  services,
  shares,
  snapshots,
  types,
  whyNot,
}
