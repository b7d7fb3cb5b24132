/** The metadata of a share, changed as a whole: only what is different is asked for. */
import { Button } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { shareMetadata } from '../../../src/wire/shares/metadata.ts'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Failure } from '../../ui/failure.tsx'
import { command } from '../../ui/shell-quote.ts'
import { useWords } from '../../words/index.ts'
import { changesOf, metadataOf, pairsOf, problemsOf } from './pairs.ts'
import { PairsField } from './pairs-field.tsx'
import type { ShareView } from './queries.ts'
import classes from './shares.module.css'

interface MetadataEditorProps {
  readonly share: ShareView
  /** Why it can't be changed now; null = it can. */
  readonly whyNot: string | null
}

export function MetadataEditor({ share, whyNot }: MetadataEditorProps) {
  const { shares: w } = useWords()
  const { client, queries } = useConsole()
  const [typed, setTyped] = useState<ReturnType<typeof pairsOf> | null>(null)
  const pairs = typed ?? pairsOf(share.metadata)
  const { set, unset } = changesOf(share.metadata, metadataOf(pairs))
  const isChanged = unset.length > 0 || Object.keys(set).length > 0
  const save = useMutation({
    mutationFn: async () => {
      const params = { id: share.id }
      for (const key of unset) await client.call(shareMetadata.remove, { params: { id: share.id, key } })
      if (Object.keys(set).length > 0)
        await client.call(shareMetadata.merge, { params, body: { metadata: set } })
    },
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['shares'] })
      setTyped(null)
    },
  })
  return (
    <div className={classes.metadata}>
      {pairs.length === 0 ? <p className={classes.muted}>{w.advanced.noMetadata}</p> : null}
      {whyNot === null ? null : <p className={classes.muted}>{whyNot}</p>}
      <PairsField pairs={pairs} change={setTyped} isDisabled={whyNot !== null} />
      {save.error === null ? null : <Failure error={save.error} what={w.advanced.save} />}
      {isChanged ? (
        <>
          <Button
            loading={save.isPending}
            disabled={problemsOf(pairs).some((problem) => problem !== null)}
            onClick={() => save.mutate()}
          >
            {w.advanced.save}
          </Button>
          <CommandHint
            command={[
              ...(Object.keys(set).length === 0
                ? []
                : [
                    command(
                      'manila',
                      'share',
                      'set',
                      share.id,
                      Object.entries(set).flatMap(([key, value]) => ['--property', `${key}=${value}`]),
                    ),
                  ]),
              ...(unset.length === 0
                ? []
                : [
                    command(
                      'manila',
                      'share',
                      'unset',
                      share.id,
                      unset.flatMap((key) => ['--property', key]),
                    ),
                  ]),
            ].join(' && ')}
          />
        </>
      ) : null}
    </div>
  )
}
