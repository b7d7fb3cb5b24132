/** The extra specs of a form: known keys to choose, any other to type, and what each means. */
import { ActionIcon, Autocomplete, Button, Select, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useWords } from '../../words/index.ts'
import classes from './spec-editor.module.css'
import { knownSpec, knownSpecs, problemOfLines, type SpecLine } from './spec-guide.ts'

interface SpecEditorProps {
  readonly lines: readonly SpecLine[]
  readonly change: (lines: readonly SpecLine[]) => void
}

export function SpecEditor({ lines, change }: SpecEditorProps) {
  const { admin, types: w } = useWords()
  const problem = problemOfLines(lines)
  const set = (at: number, line: Partial<SpecLine>): void =>
    change(lines.map((one, index) => (index === at ? { ...one, ...line } : one)))
  const used = new Set(lines.map(({ key }) => key))
  return (
    <fieldset className={classes.editor}>
      <legend>{w.specs}</legend>
      <p className={classes.hint}>{w.specsHint}</p>
      {lines.map(({ key, value }, index) => {
        const known = knownSpec(key)
        const isWrong = problem?.line === index
        const isBegun = key !== '' || value !== ''
        return (
          <div key={index} className={classes.line}>
            <div className={classes.fields}>
              <Autocomplete
                size="xs"
                aria-label={w.keyOf(index + 1)}
                placeholder={admin.key}
                data={knownSpecs.map((one) => one.key).filter((one) => one === key || !used.has(one))}
                value={key}
                limit={30}
                maxLength={255}
                onChange={(next) =>
                  set(index, {
                    key: next,
                    ...(value === '' ? { value: knownSpec(next)?.values?.[0] ?? '' } : {}),
                  })
                }
              />
              {known?.values === undefined || !known.values.includes(value) ? (
                <TextInput
                  size="xs"
                  aria-label={w.valueOf(key || admin.key)}
                  placeholder={known?.example ?? admin.value}
                  value={value}
                  maxLength={255}
                  onChange={(event) => set(index, { value: event.currentTarget.value })}
                />
              ) : (
                <Select
                  size="xs"
                  aria-label={w.valueOf(key)}
                  data={[...known.values]}
                  value={value}
                  onChange={(next) => set(index, { value: next ?? value })}
                />
              )}
              <ActionIcon
                variant="subtle"
                color="gray"
                size={28}
                aria-label={w.removeSpec(key || String(index + 1))}
                onClick={() => change(lines.filter((_one, at) => at !== index))}
              >
                <IconX size={14} />
              </ActionIcon>
            </div>
            <div className={isWrong && isBegun ? classes.wrong : classes.hint}>
              {isWrong && isBegun
                ? problem.problem === 'twice'
                  ? w.twice
                  : problem.problem
                : (w.meanings[key] ??
                  (key.includes(':') && !key.startsWith('capabilities:')
                    ? w.driverSpec
                    : key === ''
                      ? ''
                      : w.freeSpec))}
            </div>
          </div>
        )
      })}
      <Button
        variant="default"
        leftSection={<IconPlus size={14} />}
        onClick={() => change([...lines, { key: '', value: '' }])}
      >
        {w.addSpec}
      </Button>
    </fieldset>
  )
}
