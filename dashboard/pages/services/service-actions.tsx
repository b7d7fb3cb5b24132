/** What can be done with a service, and what is asked first. */
import { TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import {
  disableService,
  disableServiceLegacy,
  enableService,
  enableServiceLegacy,
  ensureShares,
} from '../../../src/wire/services/schema.ts'
import { useConsole } from '../../api/console.ts'
import { present, type Action } from '../../ui/actions.tsx'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { toneOf } from '../../ui/status.tsx'
import { useWords, type Words } from '../../words/index.ts'
import { serviceCommands } from './commands.ts'
import type { ServiceView } from './queries.ts'

type One = Pick<ServiceView, 'host' | 'binary' | 'status' | 'state' | 'ensuring'>
export interface ServiceAsked {
  readonly what: 'enable' | 'disable' | 'ensure'
  readonly service: One
}

const ensureSince = 86
const longestReason = 255

export function serviceActions(
  { services: w }: Words,
  minor: number,
  service: One,
  ask: (asked: ServiceAsked) => void,
): readonly Action[] {
  const isOn = toneOf(service.status) === 'ok'
  return present(
    {
      key: 'disable',
      label: w.disable,
      run: () => ask({ what: 'disable', service }),
      whyNot: isOn ? null : w.alreadyOff,
    },
    {
      key: 'enable',
      label: w.enable,
      run: () => ask({ what: 'enable', service }),
      whyNot: isOn ? w.alreadyOn : null,
    },
    service.binary === 'manila-share' &&
      minor >= ensureSince && {
        key: 'ensure',
        label: w.ensure,
        run: () => ask({ what: 'ensure', service }),
        whyNot: service.state !== 'up' ? w.notUp : service.ensuring === true ? w.isEnsuring : null,
      },
  )
}

export function ServiceDialog({
  asked,
  close,
}: {
  readonly asked: ServiceAsked
  readonly close: () => void
}) {
  const { common, services: w } = useWords()
  const { client, queries } = useConsole()
  const { what, service } = asked
  const { host, binary } = service
  const [reason, setReason] = useState('')
  const isLong = reason.trim().length > longestReason
  const run = useMutation({
    mutationFn: async () => {
      const why = reason.trim() === '' || what !== 'disable' ? {} : { disabled_reason: reason.trim() }
      if (what === 'ensure') await client.call(ensureShares, { body: { ensure_shares: { host } } })
      else if (what === 'enable')
        await client.call(client.pick(enableService, enableServiceLegacy as typeof enableService), {
          body: { host, binary },
        })
      else
        await client.call(client.pick(disableService, disableServiceLegacy as typeof disableService), {
          body: { host, binary, ...why },
        })
    },
    onSuccess: close,
    onSettled: () =>
      Promise.all([
        queries.invalidateQueries({ queryKey: ['services'] }),
        queries.invalidateQueries({ queryKey: ['pools'] }),
      ]),
  })
  const name = visible(host)
  const said = {
    enable: { title: w.enable, verb: w.enable, text: w.takesWork },
    disable: { title: w.disableTitle(name), verb: w.disableVerb, text: w.disableText },
    ensure: { title: w.ensureTitle(name), verb: w.ensureVerb, text: w.ensureText },
  }[what]
  return (
    <Confirm
      title={said.title}
      verb={said.verb}
      run={() => (isLong ? undefined : run.mutate())}
      close={close}
      isSending={run.isPending}
      error={run.error}
    >
      <p>{what === 'enable' ? `${name} (${binary})` : said.text}</p>
      {what !== 'disable' ? null : (
        <TextInput
          label={w.whyLabel}
          description={`${w.whyHint} (${common.optional})`}
          value={reason}
          error={isLong ? w.reasonLong : null}
          onChange={(event) => setReason(event.currentTarget.value)}
        />
      )}
      <CommandHint
        command={
          what === 'ensure'
            ? serviceCommands.ensure(host)
            : what === 'enable'
              ? serviceCommands.enable(host, binary)
              : serviceCommands.disable(host, binary, reason.trim())
        }
      />
    </Confirm>
  )
}
