/** Asks before something is done with one share or several, and tells how it goes. */
import { NumberInput, Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { allowAccess } from '../../../../src/wire/access-rules/schema.ts'
import {
  deleteShare,
  extendShare,
  forceDeleteShare,
  restoreShare,
  softDeleteShare,
  unmanageShare,
} from '../../../../src/wire/shares/schema.ts'
import { useConsole } from '../../../api/console.ts'
import { usePermissions } from '../../../api/permissions.ts'
import { BulkDialog } from '../../../ui/bulk-dialog.tsx'
import { CommandHint } from '../../../ui/command-hint.tsx'
import { useFormat } from '../../../ui/format.ts'
import { useWords } from '../../../words/index.ts'
import type { ShareView } from '../queries.ts'
import type { ShareDeed } from '../deeds.ts'
import { permissionOf, whyNot } from '../share-actions.tsx'
import { nameOf } from '../../../ui/thing-name.ts'
import { shareLimitsQuery } from '../usage-queries.ts'
import { shareCommands } from '../commands.ts'
import { Losses, useAreLossesTold } from './losses.tsx'

interface DeedDialogProps {
  readonly deed: ShareDeed
  readonly shares: readonly ShareView[]
  readonly close: () => void
}

export function DeedDialog({ deed, shares, close }: DeedDialogProps) {
  const { shares: w } = useWords()
  const console = useConsole()
  const { client, queries } = console
  const permissions = usePermissions('share', shares)
  const [by, setBy] = useState(1)
  const [rule, setRule] = useState({ type: 'ip', to: '', level: 'rw' })
  const able = shares.filter((share) => whyNot(permissions, share, permissionOf(deed)) === null)
  const meant = able.length === 0 ? shares : able
  const only = shares.length === 1 ? shares[0] : undefined
  const name = only === undefined ? w.count(meant.length) : nameOf(only)
  const words = w.deeds[deed]
  const isFinal = deed === 'delete' || deed === 'force-delete'
  const losesData = isFinal || deed === 'soft-delete'
  const areLossesTold = useAreLossesTold(losesData ? only : undefined)

  // Who deletes a member says which group it leaves.
  const groupOf = (id: string) => shares.find((share) => share.id === id)?.share_group_id ?? undefined
  const each = (id: string): Promise<unknown> => {
    const params = { id }
    switch (deed) {
      case 'delete':
        return client.call(deleteShare, { params, query: { share_group_id: groupOf(id) } })
      case 'soft-delete':
        return client.act(softDeleteShare, { params, body: null })
      case 'restore':
        return client.act(restoreShare, { params, body: null })
      case 'force-delete':
        return client.act(forceDeleteShare, { params, body: null })
      case 'unmanage':
        return client.act(unmanageShare, { params, body: null })
      case 'extend-by': {
        const size = (shares.find((share) => share.id === id)?.size ?? 0) + by
        return client.act(extendShare, { params, body: { new_size: size } })
      }
      case 'allow': {
        const { type, to, level } = rule
        const body = { access_type: type, access_to: to.trim(), access_level: level }
        return client.act(allowAccess, { params, body })
      }
    }
  }
  const missing =
    deed === 'allow' && rule.to.trim() === ''
      ? w.access.missing
      : deed === 'extend-by' && (!Number.isInteger(by) || by < 1)
        ? w.sizes.wholeNumber
        : areLossesTold
          ? null
          : w.lost.counting
  return (
    <BulkDialog
      title={words.title(name)}
      verb={words.verb}
      danger={isFinal || deed === 'unmanage'}
      {...(isFinal ? { typed: only === undefined ? String(meant.length) : name } : {})}
      rows={shares.map((share) => ({
        id: share.id,
        name: nameOf(share),
        whyNot: whyNot(permissions, share, permissionOf(deed)),
      }))}
      each={each}
      close={close}
      after={() =>
        Promise.all(
          ['shares', 'access-rules', 'limits', 'permissions', 'operations'].map((noun) =>
            queries.invalidateQueries({ queryKey: [noun] }),
          ),
        )
      }
      whyNot={missing}
    >
      <Asked deed={deed} shares={meant} />
      {deed === 'extend-by' ? <By count={meant.length} value={by} change={setBy} /> : null}
      {deed === 'allow' ? <Rule value={rule} change={setRule} /> : null}
      <CommandHint command={shareCommands.deed(deed, meant, { by, rule })} />
    </BulkDialog>
  )
}

function Asked({ deed, shares }: { readonly deed: ShareDeed; readonly shares: readonly ShareView[] }) {
  const { shares: w } = useWords()
  switch (deed) {
    case 'delete':
    case 'force-delete':
      return (
        <>
          <Losses shares={shares} />
          <p>{w.texts[deed]}</p>
        </>
      )
    case 'soft-delete':
      return (
        <>
          <Losses shares={shares} />
          <p>{w.texts.softDeletePlain}</p>
        </>
      )
    case 'restore':
    case 'unmanage':
      return <p>{w.texts[deed]}</p>
    case 'extend-by':
    case 'allow':
      return null
  }
}

interface ByProps {
  readonly count: number
  readonly value: number
  readonly change: (value: number) => void
}

/** So many GiB for each, and what is then left. */
function By({ count, value, change }: ByProps) {
  const { shares: w } = useWords()
  const format = useFormat()
  const { data } = useQuery(shareLimitsQuery(useConsole()))
  const left = data?.gigabytes.left ?? null
  const asked = count * value
  return (
    <>
      <NumberInput
        label={`${w.sizes.by} (${w.sizes.unit})`}
        value={value}
        min={1}
        allowDecimal={false}
        data-autofocus
        error={left !== null && asked > left ? w.sizes.tooMuch(format.size(left)) : null}
        onChange={(next) => change(Number(next))}
      />
      {data === undefined ? null : (
        <p>
          {left === null ? w.sizes.unlimited : w.sizes.afterwards(format.size(Math.max(0, left - asked)))}
        </p>
      )}
    </>
  )
}

interface NewRule {
  readonly type: string
  readonly to: string
  readonly level: string
}

function Rule({ value, change }: { readonly value: NewRule; readonly change: (value: NewRule) => void }) {
  const { access: w } = useWords().shares
  const kinds = ['ip', 'user', 'cephx', 'cert'] as const
  return (
    <>
      <Select
        label={w.type}
        data={kinds.map((kind) => ({ value: kind, label: w[kind] }))}
        value={value.type}
        onChange={(type) => change({ ...value, type: type ?? 'ip' })}
      />
      <TextInput
        label={w.to}
        description={w.toHint}
        value={value.to}
        data-autofocus
        onChange={(event) => change({ ...value, to: event.currentTarget.value })}
      />
      <Select
        label={w.level}
        data={[
          { value: 'rw', label: w.readWrite },
          { value: 'ro', label: w.readOnly },
        ]}
        value={value.level}
        onChange={(level) => change({ ...value, level: level ?? 'rw' })}
      />
    </>
  )
}
