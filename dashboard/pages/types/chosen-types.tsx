/** Share types to tick, of a group or of a type of groups. */
import { Checkbox } from '@mantine/core'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import classes from '../shares/shares.module.css'

interface ChosenTypesProps {
  readonly hint: string
  readonly possible: readonly { readonly id: string; readonly name: string }[]
  /** Ids. */
  readonly chosen: readonly string[]
  readonly change: (chosen: readonly string[]) => void
}

export function ChosenTypes({ hint, possible, chosen, change }: ChosenTypesProps) {
  const { groups } = useWords()
  return (
    <fieldset className={classes.group}>
      <legend>{groups.shareTypes}</legend>
      <div className={classes.kind}>{hint}</div>
      {possible.map(({ id, name }) => (
        <Checkbox
          key={id}
          label={visible(name)}
          checked={chosen.includes(id)}
          onChange={(event) =>
            change(event.currentTarget.checked ? [...chosen, id] : chosen.filter((one) => one !== id))
          }
        />
      ))}
    </fieldset>
  )
}
