/** A project by its name, where names may be read; its id where not. */
import { ShortId } from '../../ui/copy.tsx'
import { PlainText } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { useProjects } from './project-names.ts'

export function ProjectName({ id }: { readonly id: string }) {
  const { common } = useWords()
  const name = useProjects().find((one) => one.id === id)?.name
  return name === undefined ? <ShortId id={id} what={common.project} /> : <PlainText>{name}</PlainText>
}
