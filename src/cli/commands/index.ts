/** Every command, in the order of help. A new noun is a line here; its commands are loaded when somebody types it. */
import type { Command } from '../command.ts'

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

/** Which first words the commands of a file have, and how they are had: loading all of them takes longer than most commands do. */
const files: readonly (readonly [words: readonly string[], load: () => Promise<readonly Command[]>])[] = [
  [['share'], async () => (await import('./share.ts')).shareCommands],
  [['access'], async () => (await import('./access.ts')).accessCommands],
  [['export-location'], async () => (await import('./export-location.ts')).exportLocationCommands],
  [['snapshot'], async () => (await import('./snapshot.ts')).snapshotCommands],
  [['snapshot'], async () => [(await import('./usage.ts')).snapshotUsage]],
  [['snapshot'], async () => (await import('./snapshot-access.ts')).snapshotAccessCommands],
  [['group'], async () => (await import('./group.ts')).groupCommands],
  [['group'], async () => (await import('./group-snapshot.ts')).groupSnapshotCommands],
  [['group'], async () => (await import('./group-type.ts')).groupTypeCommands],
  [['type'], async () => (await import('./type.ts')).typeCommands],
  [['message'], async () => (await import('./message.ts')).messageCommands],
  [['operation'], async () => (await import('./operation.ts')).operationCommands],
  [['event'], async () => (await import('./event.ts')).eventCommands],
  [['audit'], async () => (await import('./audit.ts')).auditCommands],
  [['permission'], async () => (await import('./permission.ts')).permissionCommands],
  [['lock'], async () => (await import('./lock.ts')).lockCommands],
  [['quota', 'limits'], async () => (await import('./quota.ts')).quotaCommands],
  [['instance', 'snapshot'], async () => (await import('./instance.ts')).instanceCommands],
  [['service', 'pool', 'availability-zone'], async () => (await import('./service.ts')).serviceCommands],
  [['token', 'health', 'api-version'], async () => (await import('./about.ts')).aboutCommands],
  [['completion', 'help'], async () => (await import('./completion.ts')).helpCommands(allCommands)],
]

/** The first words of all commands. */
export const firstWords: ReadonlySet<string> = new Set(files.flatMap(([words]) => words))

export async function allCommands(): Promise<readonly Command[]> {
  return (await Promise.all(files.map(([, load]) => load()))).flat()
}

/** Those whose first word is `word`; none where no command has it. */
export async function commandsOf(word: string): Promise<readonly Command[]> {
  const having = files.filter(([words]) => words.includes(word))
  const found = (await Promise.all(having.map(([, load]) => load()))).flat()
  return found.filter(({ words }) => words.split(' ')[0] === word)
}
