/** Asks before an account, project, group, domain or role is disabled or deleted; the service's own refusal is shown. */
import { useMutation } from '@tanstack/react-query'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { identityCommands } from './commands.ts'
import { ask, identityChanged } from './queries.ts'

export type AccountKind = 'user' | 'group' | 'project' | 'domain' | 'role'

export interface AccountAsked {
  readonly what: 'remove' | 'disable' | 'enable'
  readonly kind: AccountKind
  readonly id: string
  readonly name: string
  readonly whenGone?: () => void
}

export function RemovalDialog({
  asked,
  close,
}: {
  readonly asked: AccountAsked
  readonly close: () => void
}) {
  const { identity: w } = useWords()
  const console = useConsole()
  const { what, kind, id, name, whenGone } = asked
  const path = `/${kind}s/${encodeURIComponent(id)}`
  const run = useMutation({
    mutationFn: () =>
      what === 'remove'
        ? ask(console.client, 'DELETE', path)
        : ask(console.client, 'PATCH', path, { [kind]: { enabled: what === 'enable' } }),
    onSuccess: async () => {
      close()
      if (what === 'remove') whenGone?.()
      await identityChanged(console)
    },
  })
  const removeTexts = {
    user: w.removeUserText,
    group: w.removeGroupText,
    project: w.removeProjectText,
    domain: w.removeDomainText,
    role: w.removeRoleText,
  }
  const disableText =
    kind === 'user' ? w.disableUserText : kind === 'domain' ? w.disableDomainText : w.disableProjectText
  const visibleName = visible(name)
  const said = {
    remove: { title: w.removeTitle(visibleName), verb: w.removeVerb, text: removeTexts[kind] },
    disable: { title: w.disableTitle(visibleName), verb: w.disableVerb, text: disableText },
    enable: { title: `${w.enable}: ${visibleName}`, verb: w.enable, text: '' },
  }[what]
  return (
    <Confirm
      title={said.title}
      verb={said.verb}
      danger={what !== 'enable'}
      {...(what === 'remove' ? { typed: name } : {})}
      run={() => run.mutate()}
      close={close}
      isSending={run.isPending}
      error={run.error}
    >
      {said.text === '' ? null : <p>{said.text}</p>}
      <CommandHint command={identityCommands[what](kind, id)} />
    </Confirm>
  )
}
