/** A part of a page that shows keys and values somebody chose himself, and lets them be changed. */
import { useState } from 'react'
import { useWords } from '../words/index.ts'
import { ActionButton } from './actions.tsx'
import { Facts } from './facts.tsx'
import { Section } from './page.tsx'
import { PairsDialog } from './pairs-dialog.tsx'
import { PlainText, visible } from './plain-text.tsx'

type PropertiesProps = Omit<Parameters<typeof PairsDialog>[0], 'label' | 'close'> & {
  /** What stands there of a thing that has none. */
  readonly none: string
  readonly mayChange: boolean
  /** Why it can't be changed now; null = it can. */
  readonly whyNot: string | null
}

export function Properties({ none, mayChange, whyNot, ...of }: PropertiesProps) {
  const { common } = useWords()
  const [isEdited, edit] = useState(false)
  const pairs = Object.entries(of.record)
  const action = { key: 'edit', label: common.edit(of.title), run: () => edit(true), whyNot }
  return (
    <Section title={of.title} aside={mayChange ? <ActionButton action={action} /> : undefined}>
      {pairs.length === 0 ? (
        <p>{none}</p>
      ) : (
        <Facts
          facts={pairs.map(([key, value]) => [
            visible(key),
            <PlainText key={key} wrap>
              {value}
            </PlainText>,
          ])}
        />
      )}
      {isEdited ? <PairsDialog {...of} label={of.title} close={() => edit(false)} /> : null}
    </Section>
  )
}
