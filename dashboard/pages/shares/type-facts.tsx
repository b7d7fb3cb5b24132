/** What a share type is for, and what shares of it can and cannot. */
import type { Static } from 'typebox'
import type { ShareType } from '../../../src/wire/share-types/schema.ts'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import classes from './shares.module.css'

/** As extra specs are written by hand. */
const isOn = (spec: string | boolean | undefined): boolean =>
  /^\s*(?:<is>)?\s*true\s*$/i.test(String(spec ?? ''))

export function TypeFacts({ type }: { readonly type: Static<typeof ShareType> }) {
  const { form: w } = useWords().shares
  const names = Object.keys(w.abilities) as (keyof typeof w.abilities)[]
  const can = [
    ...names.filter((name) => isOn(type.extra_specs[name])).map((name) => w.abilities[name]),
    ...(isOn(type.extra_specs.isolated_clients) ? [w.isolated] : []),
  ]
  const cannot = names.filter((name) => !isOn(type.extra_specs[name])).map((name) => w.abilities[name])
  return (
    <div className={classes.facts}>
      {type.description === null || type.description === undefined || type.description === '' ? null : (
        <div>{visible(type.description).slice(0, 300)}</div>
      )}
      {can.length === 0 ? null : (
        <div>
          {w.can}: {can.join(', ')}
        </div>
      )}
      {cannot.length === 0 ? null : (
        <div>
          {w.cannot}: {cannot.join(', ')}
        </div>
      )}
    </div>
  )
}
