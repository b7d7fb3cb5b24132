/** The metadata of a share, and how it is changed. */
import { shareMetadata } from '../../../src/wire/shares/metadata.ts'
import { useConsole } from '../../api/console.ts'
import { usePermissions } from '../../api/permissions.ts'
import { Properties } from '../../ui/properties.tsx'
import { useWords } from '../../words/index.ts'
import { shareCommands } from './commands.ts'
import type { ShareView } from './queries.ts'

export function ShareMetadata({ share }: { readonly share: ShareView }) {
  const { shares: w } = useWords()
  const { client, queries } = useConsole()
  const permissions = usePermissions('share', [share])
  const { id } = share
  const { allowed, why } = permissions.verdict(id, 'update_metadata')
  return (
    <Properties
      title={w.metadata}
      none={w.advanced.noMetadata}
      record={share.metadata}
      mayChange={!permissions.hidden(id, 'update_metadata')}
      whyNot={allowed ? null : (why ?? share.status)}
      remove={(key) => client.call(shareMetadata.remove, { params: { id, key } })}
      merge={(metadata) => client.call(shareMetadata.merge, { params: { id }, body: { metadata } })}
      after={() => queries.invalidateQueries({ queryKey: ['shares'] })}
      command={(set, unset) => shareCommands.metadata(id, set, unset)}
    />
  )
}
