/** Properties of a snapshot, and how they are changed. The service knows them since 2.73. */
import { snapshotMetadata } from '../../../src/wire/snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import type { usePermissions } from '../../api/permissions.ts'
import { Properties } from '../../ui/properties.tsx'
import { useWords } from '../../words/index.ts'
import { snapshotCommands } from './commands.ts'
import type { SnapshotView } from './queries.ts'

interface SnapshotPropertiesProps {
  readonly snapshot: SnapshotView
  readonly permissions: ReturnType<typeof usePermissions>
}

export function SnapshotProperties({ snapshot, permissions }: SnapshotPropertiesProps) {
  const { snapshots: w } = useWords()
  const { client, queries } = useConsole()
  const { id } = snapshot
  if (client.minor < 73) return null
  const { allowed, why } = permissions.verdict(id, 'update_metadata')
  return (
    <Properties
      title={w.properties}
      none={w.noProperties}
      record={snapshot.metadata ?? {}}
      mayChange={!permissions.hidden(id, 'update_metadata')}
      whyNot={allowed ? null : (why ?? snapshot.status)}
      remove={(key) => client.call(snapshotMetadata.remove, { params: { id, key } })}
      merge={(metadata) => client.call(snapshotMetadata.merge, { params: { id }, body: { metadata } })}
      after={() => queries.invalidateQueries({ queryKey: ['snapshots'] })}
      command={(set, unset) => snapshotCommands.properties(id, set, unset)}
    />
  )
}
