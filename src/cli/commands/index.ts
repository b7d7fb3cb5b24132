/** Every command, in the order of help. A new one is a line here. */
import type { Command } from '../command.ts'
import { aboutCommands } from './about.ts'
import { accessCommands } from './access.ts'
import { auditCommands } from './audit.ts'
import { completionCommand, helpTreeCommand } from './completion.ts'
import { eventCommands } from './event.ts'
import { exportLocationCommands } from './export-location.ts'
import { groupSnapshotCommands } from './group-snapshot.ts'
import { groupTypeCommands } from './group-type.ts'
import { groupCommands } from './group.ts'
import { instanceCommands } from './instance.ts'
import { lockCommands } from './lock.ts'
import { messageCommands } from './message.ts'
import { operationCommands } from './operation.ts'
import { permissionCommands } from './permission.ts'
import { quotaCommands } from './quota.ts'
import { serviceCommands } from './service.ts'
import { shareResize, shareRevert, shareSet, shareUnset } from './share-change.ts'
import { shareAdopt, shareCreate } from './share-create.ts'
import { shareAbandon, shareDelete, shareRestore, shareShow } from './share-delete.ts'
import { shareList } from './share-list.ts'
import { snapshotAccessCommands } from './snapshot-access.ts'
import { snapshotCommands } from './snapshot.ts'
import { typeCommands } from './type.ts'
import { shareUsage, shareUsageHistory, snapshotUsage } from './usage.ts'

/** What each group of commands is about. */
export const nouns: Readonly<Record<string, string>> = {
  share: 'Shares: create, find, change, delete.',
  access: 'Who may use a share.',
  'export-location': 'Where shares can be mounted from.',
  snapshot: 'Snapshots of shares.',
  'snapshot access': 'Who may read a snapshot.',
  'snapshot export-location': 'Where snapshots can be mounted from.',
  'snapshot instance': 'Snapshot instances (administrators).',
  'snapshot instance export-location': 'Where snapshot instances are exported (administrators).',
  instance: 'Share instances (administrators).',
  'instance export-location': 'Where share instances are exported (administrators).',
  group: 'Share groups: shares that are snapshotted together.',
  'group snapshot': 'Snapshots of share groups.',
  'group snapshot members': 'What of each share is in a group snapshot.',
  'group type': 'Share group types.',
  'group type access': 'Which projects may use a private share group type (administrators).',
  type: 'Share types.',
  'type access': 'Which projects may use a private share type (administrators).',
  quota: 'Limits of projects.',
  limits: 'What your project may have and has.',
  service: 'Services of Manila (administrators).',
  pool: 'Pools of storage (administrators).',
  'availability-zone': 'Availability zones.',
  message: 'Why something you asked for did not happen.',
  lock: 'Locks against deletion.',
  operation: 'The work behind requests.',
  event: 'What changes, as it changes.',
  audit: 'Who did what (administrators).',
  permission: 'What you may do with things.',
  token: 'Signing in.',
  help: 'Help.',
}

const working: readonly Command[] = [
  shareCreate,
  shareList,
  shareShow,
  shareUsage,
  shareUsageHistory,
  shareSet,
  shareUnset,
  shareResize,
  shareRevert,
  shareDelete,
  shareRestore,
  shareAdopt,
  shareAbandon,
  ...accessCommands,
  ...exportLocationCommands,
  ...snapshotCommands,
  snapshotUsage,
  ...snapshotAccessCommands,
  ...groupCommands,
  ...groupSnapshotCommands,
  ...groupTypeCommands,
  ...typeCommands,
  ...messageCommands,
  ...operationCommands,
  ...eventCommands,
  ...auditCommands,
  ...permissionCommands,
  ...lockCommands,
  ...quotaCommands,
  ...instanceCommands,
  ...serviceCommands,
  ...aboutCommands,
]

export const commands: readonly Command[] = [
  ...working,
  completionCommand(() => commands),
  helpTreeCommand(() => commands),
]
