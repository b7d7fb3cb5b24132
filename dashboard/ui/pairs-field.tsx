/** Keys and values that somebody chose himself: properties, metadata, options. A row for each, one more on demand. */
import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useWords } from '../words/index.ts'
import { blankPair, problemsOf, type Pair } from './pairs.ts'
import classes from './pairs-field.module.css'

interface PairsFieldProps {
  readonly label: string
  readonly pairs: readonly Pair[]
  readonly change: (pairs: readonly Pair[]) => void
  /** Of the button that adds a row; default: that a pair is added. */
  readonly add?: string
}

export function PairsField({ label, pairs, change, add }: PairsFieldProps) {
  const { common } = useWords()
  const problems = problemsOf(pairs)
  const set = (at: number, part: Partial<Pair>): void =>
    change(pairs.map((pair, index) => (index === at ? { ...pair, ...part } : pair)))
  return (
    <fieldset className={classes.field}>
      <legend>{label}</legend>
      {pairs.map((pair, at) => {
        const problem = problems[at] ?? null
        return (
          <div key={pair.row} className={classes.row}>
            <TextInput
              aria-label={`${label}: ${common.pairKey} ${at + 1}`}
              placeholder={common.pairKey}
              value={pair.key}
              maxLength={255}
              error={problem === 'twice' || problem === 'no-key' ? common.pairProblems[problem] : null}
              onChange={(event) => set(at, { key: event.currentTarget.value })}
            />
            <TextInput
              aria-label={`${label}: ${common.pairValue} ${at + 1}`}
              placeholder={common.pairValue}
              value={pair.value}
              maxLength={1023}
              error={problem === 'no-value' ? common.pairProblems[problem] : null}
              onChange={(event) => set(at, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={34}
              aria-label={`${common.removePair} ${at + 1}`}
              onClick={() => change(pairs.filter((_one, index) => index !== at))}
            >
              <IconX size={16} />
            </ActionIcon>
          </div>
        )
      })}
      <Button
        variant="default"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => change([...pairs, blankPair()])}
      >
        {add ?? common.addPair}
      </Button>
    </fieldset>
  )
}
