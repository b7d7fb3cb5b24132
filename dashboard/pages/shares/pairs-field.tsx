/** Pairs of metadata as they are typed: a row each, one more on demand. */
import { ActionIcon, Button, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useWords } from '../../words/index.ts'
import { problemsOf, type Pair } from './pairs.ts'
import classes from './shares.module.css'

interface PairsFieldProps {
  readonly pairs: readonly Pair[]
  readonly change: (pairs: readonly Pair[]) => void
  readonly isDisabled?: boolean
  /** Of the button that adds a row; default: that metadata is added. */
  readonly add?: string
}

export function PairsField({ pairs, change, isDisabled = false, add }: PairsFieldProps) {
  const { form: w } = useWords().shares
  const problems = problemsOf(pairs)
  const words = { twice: w.keyTwice, 'no-key': w.keyMissing, 'no-value': w.valueMissing }
  const set = (at: number, part: Partial<Pair>): void =>
    change(pairs.map((pair, index) => (index === at ? { ...pair, ...part } : pair)))
  return (
    <div className={classes.metadata}>
      {pairs.map((pair, at) => {
        const problem = problems[at] ?? null
        return (
          <div key={pair.row} className={classes.pair}>
            <TextInput
              aria-label={w.key}
              placeholder={w.key}
              value={pair.key}
              maxLength={255}
              disabled={isDisabled}
              error={problem === 'twice' || problem === 'no-key' ? words[problem] : null}
              onChange={(event) => set(at, { key: event.currentTarget.value })}
            />
            <TextInput
              aria-label={w.value}
              placeholder={w.value}
              value={pair.value}
              maxLength={1023}
              disabled={isDisabled}
              error={problem === 'no-value' ? words[problem] : null}
              onChange={(event) => set(at, { value: event.currentTarget.value })}
            />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={34}
              disabled={isDisabled}
              aria-label={w.removeMetadata(pair.key)}
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
        disabled={isDisabled}
        onClick={() => change([...pairs, { row: crypto.randomUUID(), key: '', value: '' }])}
      >
        {add ?? w.addMetadata}
      </Button>
    </div>
  )
}
