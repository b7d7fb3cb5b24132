/** Metadata of a snapshot, shown and changed. */
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { snapshotMetadata } from '../../../src/wire/snapshots/schema.ts'
import { useConsole } from '../../api/console.ts'
import type { usePermissions } from '../../api/permissions.ts'
import { Facts } from '../../ui/facts.tsx'
import { Section } from '../../ui/page.tsx'
import { PairsDialog } from '../../ui/pairs-dialog.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import type { SnapshotView } from './queries.ts'

interface SnapshotPropertiesProps {
  readonly snapshot: SnapshotView
  readonly permissions: ReturnType<typeof usePermissions>
}

export function SnapshotProperties({ snapshot, permissions }: SnapshotPropertiesProps) {
  const { snapshots: w } = useWords()
  const { client, queries } = useConsole()
  const [isEdited, edit] = useState(false)
  const before = snapshot.metadata ?? {}
  const params = { id: snapshot.id }
  const save = useMutation({
    mutationFn: async (next: Readonly<Record<string, string>>) => {
      for (const key of Object.keys(before).filter((one) => !Object.hasOwn(next, one))) {
        await client.call(snapshotMetadata.remove, { params: { ...params, key } })
      }
      const changed = Object.entries(next).filter(([key, value]) => before[key] !== value)
      if (changed.length === 0) return
      await client.call(snapshotMetadata.merge, { params, body: { metadata: Object.fromEntries(changed) } })
    },
    onSuccess: () => edit(false),
    onSettled: () => queries.invalidateQueries({ queryKey: ['snapshots'] }),
  })
  if (client.minor < 73) return null
  const pairs = Object.entries(before)
  return (
    <Section
      title={w.properties}
      aside={
        permissions.hidden(snapshot.id, 'update_metadata') ? undefined : (
          <Button variant="default" onClick={() => edit(true)}>
            {w.edit}
          </Button>
        )
      }
    >
      {pairs.length === 0 ? (
        <p>{w.noProperties}</p>
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
      {isEdited ? (
        <PairsDialog
          title={w.properties}
          label={w.properties}
          record={before}
          save={save.mutate}
          isSending={save.isPending}
          error={save.error}
          close={() => edit(false)}
          command={(changed, gone) => [
            changed.length === 0
              ? null
              : [
                  'manila',
                  'snapshot',
                  'set',
                  snapshot.id,
                  ...changed.flatMap((pair) => ['--property', pair]),
                ],
            gone.length === 0
              ? null
              : ['manila', 'snapshot', 'unset', snapshot.id, ...gone.flatMap((key) => ['--property', key])],
          ]}
        />
      ) : null}
    </Section>
  )
}
