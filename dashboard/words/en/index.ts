import { access } from './access.ts'
import { activity } from './activity.ts'
import { admin } from './admin.ts'
import { audit } from './audit.ts'
import { bulk } from './bulk.ts'
import { common } from './common.ts'
import { frame } from './frame.ts'
import { groupSnapshots } from './group-snapshots.ts'
import { groupTypes } from './group-types.ts'
import { groups } from './groups.ts'
import { identity } from './identity.ts'
import { instances } from './instances.ts'
import { limits } from './limits.ts'
import { locks } from './locks.ts'
import { login } from './login.ts'
import { messages } from './messages.ts'
import { mount } from './mount.ts'
import { operations } from './operations.ts'
import { overview } from './overview.ts'
import { pools } from './pools.ts'
import { quotas } from './quotas.ts'
import { recycleBin } from './recycle-bin.ts'
import { service } from './service.ts'
import { services } from './services.ts'
import { settings } from './settings.ts'
import { shares } from './shares.ts'
import { snapshots } from './snapshots.ts'
import { things } from './things.ts'
import { types } from './types.ts'
import { whyNot } from './why-not.ts'

export const en = {
  access,
  activity,
  admin,
  audit,
  bulk,
  common,
  frame,
  groups,
  groupSnapshots,
  groupTypes,
  identity,
  instances,
  limits,
  locks,
  login,
  messages,
  mount,
  operations,
  overview,
  pools,
  quotas,
  recycleBin,
  service,
  services,
  settings,
  shares,
  snapshots,
  things,
  types,
  whyNot,
}
