/** Of a new share, what few ask for. */
import { TextInput } from '@mantine/core'
import { PairsField } from '../../ui/pairs-field.tsx'
import { useWords } from '../../words/index.ts'
import type { NewShareForm } from './new-share.ts'
import classes from './shares.module.css'

interface AdvancedFieldsProps {
  readonly form: NewShareForm
  readonly set: (change: Partial<NewShareForm>) => void
  readonly problem: (field: string) => string | null
}

export function AdvancedFields({ form, set, problem }: AdvancedFieldsProps) {
  const { shares: w } = useWords()
  return (
    <details className={classes.advanced}>
      <summary>{w.form.advanced}</summary>
      <div className={classes.group}>
        <PairsField
          label={w.metadata}
          pairs={form.metadata}
          change={(metadata) => set({ metadata })}
          add={w.form.addMetadata}
        />
        {problem('metadata') === null ? null : <p className={classes.bad}>{problem('metadata')}</p>}
      </div>
      <TextInput
        label={w.mountPointName}
        description={w.form.mountPointName}
        value={form.mountPointName}
        error={problem('mount_point_name')}
        onChange={(event) => set({ mountPointName: event.currentTarget.value })}
      />
      <fieldset className={classes.group}>
        <legend>{w.form.hints}</legend>
        <TextInput
          label={w.form.sameHost}
          description={w.form.ids}
          value={form.sameHost}
          error={problem('scheduler_hints')}
          onChange={(event) => set({ sameHost: event.currentTarget.value })}
        />
        <TextInput
          label={w.form.differentHost}
          description={w.form.ids}
          value={form.differentHost}
          onChange={(event) => set({ differentHost: event.currentTarget.value })}
        />
        <TextInput
          label={w.form.onlyHost}
          description={w.form.host}
          value={form.onlyHost}
          onChange={(event) => set({ onlyHost: event.currentTarget.value })}
        />
      </fieldset>
    </details>
  )
}
