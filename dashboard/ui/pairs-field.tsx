/** Keys and values that somebody chose himself: properties, metadata. A row for each, an empty one at the end. */
import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useWords } from '../words/index.ts'
import classes from './pairs-field.module.css'

export type Pairs = readonly (readonly [key: string, value: string])[]

interface PairsFieldProps {
  readonly label: string
  readonly pairs: Pairs
  readonly change: (pairs: Pairs) => void
}

export const pairsOf = (record: Readonly<Record<string, string>> | undefined): Pairs =>
  Object.entries(record ?? {})

/** Rows without a key are left out; of two with one key the last one counts. */
export const recordOf = (pairs: Pairs): Record<string, string> =>
  Object.fromEntries(pairs.filter(([key]) => key !== ''))

/** By the server's law: keys of 1 to 255 characters, values of 1 to 1023. */
export const pairProblem = ([key, value]: Pairs[number]): 'key' | 'value' | null =>
  (key === '' && value !== '') || key.length > 255
    ? 'key'
    : key !== '' && (value === '' || value.length > 1023)
      ? 'value'
      : null

export function PairsField({ label, pairs, change }: PairsFieldProps) {
  const { common } = useWords()
  const put = (index: number, pair: Pairs[number]): void =>
    change(pairs.map((one, at) => (at === index ? pair : one)))
  return (
    <fieldset className={classes.field}>
      <legend>{label}</legend>
      {pairs.map((pair, index) => {
        const [key, value] = pair
        const problem = pairProblem(pair)
        return (
          // Rows have no names of their own: their place is what they are.
          // oxlint-disable-next-line react/no-array-index-key
          <div key={index} className={classes.row}>
            <TextInput
              aria-label={`${label}: ${common.pairKey} ${index + 1}`}
              placeholder={common.pairKey}
              value={key}
              error={problem === 'key'}
              onChange={(event) => put(index, [event.currentTarget.value, value])}
            />
            <TextInput
              aria-label={`${label}: ${common.pairValue} ${index + 1}`}
              placeholder={common.pairValue}
              value={value}
              error={problem === 'value'}
              onChange={(event) => put(index, [key, event.currentTarget.value])}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={30}
              aria-label={`${common.removePair} ${index + 1}`}
              onClick={() => change(pairs.filter((_one, at) => at !== index))}
            >
              <IconX size={14} />
            </ActionIcon>
          </div>
        )
      })}
      <Button
        variant="subtle"
        color="gray"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => change([...pairs, ['', '']])}
      >
        {common.addPair}
      </Button>
    </fieldset>
  )
}
