/** The key of a Ceph client: a secret, shown when it is asked for. */
import { Button } from '@mantine/core'
import { useState } from 'react'
import { CopyText } from '../../ui/copy.tsx'
import { useWords } from '../../words/index.ts'
import type { RuleView } from './queries.ts'

export function AccessKey({ rule }: { readonly rule: RuleView }) {
  const { access: w } = useWords()
  const [isShown, show] = useState(false)
  const { access_key: key } = rule
  if (key === null || key === undefined) return null
  if (key === '******') return <i>{w.hidden}</i>
  return (
    <>
      {isShown ? <CopyText text={key} what={w.keyOf(rule.access_to)} /> : null}{' '}
      <Button variant="subtle" color="gray" onClick={() => show(!isShown)}>
        {isShown ? w.hideKey : w.showKey}
      </Button>
    </>
  )
}
