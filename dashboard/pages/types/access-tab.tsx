/** Which projects may use a private share type. */
import { useQuery } from '@tanstack/react-query'
import { addShareTypeAccess, removeShareTypeAccess } from '../../../src/wire/share-types/schema.ts'
import { useConsole } from '../../api/console.ts'
import { useWords } from '../../words/index.ts'
import { typeCommands } from './commands.ts'
import { ProjectAccess } from './project-access.tsx'
import { isPublic, typeAccessQuery, type TypeView } from './queries.ts'

export function AccessTab({ type }: { readonly type: TypeView }) {
  const { types: w } = useWords()
  const params = { id: type.id }
  const isPrivate = !isPublic(type)
  return (
    <ProjectAccess
      noun="types"
      isPrivate={isPrivate}
      access={useQuery(typeAccessQuery(useConsole(), type.id, isPrivate))}
      give={(client, project) => client.call(addShareTypeAccess, { params, body: { project } })}
      take={(client, project) => client.call(removeShareTypeAccess, { params, body: { project } })}
      allow={(project) => typeCommands.allow(type.id, project)}
      deny={(project) => typeCommands.deny(type.id, project)}
      takeAwayText={w.takeAwayText}
    />
  )
}
