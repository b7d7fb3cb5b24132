/** Larger or smaller, with what the quota leaves and what the share holds said before it is asked for. */
import { NumberInput } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { extendShare, shrinkShare } from '../../../../src/wire/shares/schema.ts'
import { useConsole } from '../../../api/console.ts'
import { CommandHint } from '../../../ui/command-hint.tsx'
import { FormDialog } from '../../../ui/form-dialog.tsx'
import { gib, useFormat } from '../../../ui/format.ts'
import { Meter } from '../../../ui/meter.tsx'
import { useWords } from '../../../words/index.ts'
import type { ShareView } from '../queries.ts'
import { nameOf } from '../../../ui/thing-name.ts'
import { extendBounds, isEmpty, shrinkBounds, within } from '../sizes.ts'
import { shareLimitsQuery, usageQuery } from '../usage-queries.ts'
import { shareCommands } from '../commands.ts'

interface ResizeDialogProps {
  readonly what: 'extend' | 'shrink'
  readonly share: ShareView
  readonly close: () => void
}

export function ResizeDialog({ what, share, close }: ResizeDialogProps) {
  const { shares: w } = useWords()
  const console = useConsole()
  const format = useFormat()
  const isLarger = what === 'extend'
  const limits = useQuery({ ...shareLimitsQuery(console), enabled: isLarger })
  const usage = useQuery(usageQuery(console, share.id))
  const used = usage.data?.used_bytes ?? null
  const quota = limits.data?.gigabytes
  const bounds = isLarger ? extendBounds(share.size, quota?.left ?? null) : shrinkBounds(share.size, used)
  const [size, setSize] = useState(isLarger ? share.size + 1 : share.size - 1)

  const run = useMutation({
    mutationFn: () =>
      console.client.act(isLarger ? extendShare : shrinkShare, {
        params: { id: share.id },
        body: { new_size: size },
      }),
    onSuccess: close,
    onSettled: () =>
      Promise.all(
        ['shares', 'limits', 'operations', 'permissions'].map((noun) =>
          console.queries.invalidateQueries({ queryKey: [noun] }),
        ),
      ),
  })
  const impossible = !isEmpty(bounds)
    ? null
    : isLarger
      ? w.sizes.noQuota
      : share.size === 1
        ? w.sizes.oneGib
        : w.sizes.holdsAll(format.bytes(used ?? 0))
  const problem =
    impossible !== null || within(size, bounds)
      ? null
      : !Number.isInteger(size)
        ? w.sizes.wholeNumber
        : isLarger
          ? size <= share.size
            ? w.sizes.mustGrow(format.size(share.size))
            : w.sizes.tooMuch(format.size(bounds.most ?? 0))
          : size >= share.size
            ? w.sizes.mustShrink(format.size(share.size))
            : w.sizes.notLess(format.size(bounds.least))
  return (
    <FormDialog
      title={w.deeds[what].title(nameOf(share))}
      verb={w.deeds[what].verb}
      run={() => run.mutate()}
      close={close}
      isSending={run.isPending}
      error={run.error}
      whyNot={impossible ?? problem}
    >
      <div>
        <div>{w.used}</div>
        <Meter
          label={w.usedOf(nameOf(share))}
          used={used}
          total={share.size * gib}
          show={format.bytes}
          reason={usage.data?.reason ?? null}
        />
      </div>
      <NumberInput
        label={`${w.sizes.newSize} (${w.sizes.unit})`}
        description={w.sizes.now(format.size(share.size))}
        value={size}
        min={1}
        allowDecimal={false}
        data-autofocus
        error={problem}
        onChange={(next) => setSize(Number(next))}
      />
      {isLarger ? (
        quota === undefined ? null : (
          <div>
            {quota.limit === null ? (
              w.sizes.unlimited
            ) : (
              <>
                <div>{w.sizes.quota}</div>
                <Meter
                  label={w.sizes.quota}
                  used={quota.used + Math.max(0, size - share.size)}
                  total={quota.limit}
                  show={format.size}
                />
                <div>
                  {w.sizes.afterwards(format.size(Math.max(0, (quota.left ?? 0) - (size - share.size))))}
                </div>
              </>
            )}
          </div>
        )
      ) : (
        <>
          <p>
            {used === null
              ? w.sizes.holdsUnknown
              : w.sizes.holds(format.bytes(used), format.size(bounds.least))}
          </p>
          <p>{w.sizes.shrinkText}</p>
        </>
      )}
      <CommandHint command={shareCommands.resize(share.id, size)} />
    </FormDialog>
  )
}
