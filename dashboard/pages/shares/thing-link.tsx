/** The share, snapshot or whatever else something is about: by its name where it is known, and a link where it has a page. */
import { Link } from '@tanstack/react-router'
import { PlainText } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { useNameOf, type PagedNoun } from './names.ts'
import classes from './shares.module.css'

const pages: Readonly<Record<string, PagedNoun>> = {
  share: 'shares',
  snapshot: 'snapshots',
  share_snapshot: 'snapshots',
  share_group: 'groups',
  share_group_snapshot: 'group-snapshots',
}

interface ThingLinkProps {
  /** As the service says: `share`, `SHARE_SNAPSHOT`. */
  readonly type: string
  readonly id: string
  /** In place of the type's own words; null where what stands around says what it is. */
  readonly word?: string | null
}

export function ThingLink({ type, id, word: given }: ThingLinkProps) {
  const { service } = useWords()
  const word = given === undefined ? service.noun(type) : given
  const told = (text: string): string => (word === null ? text : `${word} ${text}`)
  const page = pages[type.toLowerCase()] ?? null
  const name = useNameOf(page, id)
  if (page === null) return <span title={id}>{told(id.slice(0, 8))}</span>
  return (
    <span title={id} className={classes.thing}>
      <Link to={`/${page}/$id` as never} params={{ id } as never}>
        <PlainText>{name ?? told(id.slice(0, 8))}</PlainText>
      </Link>
      {name === undefined || word === null ? null : <span className={classes.kind}>{word}</span>}
    </span>
  )
}
