/** Application credentials of one's own: what each may, until when, and how it is taken away. */
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { useConsole, useWho } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { ShortId } from '../../ui/copy.tsx'
import { DataTable, type Column } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { instant } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { Time, useNow } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { credentialCommands } from './commands.ts'
import { credentialsQuery, deleteCredential, type CredentialView } from './queries.ts'

export function Credentials() {
  const { common, settings: w } = useWords()
  const console = useConsole()
  const who = useWho()
  const now = useNow()
  const credentials = useQuery(credentialsQuery(console, who.user.id))
  const [doomed, doom] = useState<CredentialView | null>(null)
  const columns: readonly Column<CredentialView>[] = [
    {
      key: 'name',
      title: common.name,
      show: ({ id, name }) => (
        <>
          <PlainText>{name}</PlainText>
          <div>
            <ShortId id={id} />
          </div>
        </>
      ),
    },
    {
      key: 'roles',
      title: w.roles,
      from: 'tablet',
      show: ({ roles, access_rules }) => (
        <>
          {roles.map(({ name }) => visible(name)).join(', ')}
          {access_rules === undefined ? null : (
            <div title={access_rules.map(({ method, path }) => `${method} ${path}`).join('\n')}>
              {w.rules}: {w.allowedCalls(access_rules.length)}
            </div>
          )}
        </>
      ),
    },
    {
      key: 'expires',
      title: w.expires,
      show: ({ expires_at }) =>
        expires_at === null ? (
          w.never
        ) : instant(expires_at) < now ? (
          <Status status="off" word={w.expired} />
        ) : (
          <Time at={expires_at} />
        ),
    },
    {
      key: 'description',
      title: common.description,
      from: 'desk',
      show: ({ description }) => <PlainText>{description ?? ''}</PlainText>,
    },
  ]
  const createLink = (
    <Button component={Link} {...({ to: '/settings/credential' } as object)}>
      {w.create}
    </Button>
  )
  return (
    <Section title={w.credentials} aside={createLink}>
      <p>{w.credentialsText}</p>
      {credentials.error !== null && credentials.data === undefined ? (
        <Failure error={credentials.error} again={() => void credentials.refetch()} />
      ) : (
        <DataTable
          label={w.credentials}
          columns={columns}
          page={
            credentials.data === undefined
              ? undefined
              : { rows: credentials.data, hasNewer: false, hasOlder: false }
          }
          nameOf={({ name }) => visible(name).slice(0, 80)}
          actionsOf={(one) => [{ key: 'delete', label: w.delete, danger: true, run: () => doom(one) }]}
          empty={<Empty title={w.emptyTitle}>{w.emptyText}</Empty>}
        />
      )}
      {doomed === null ? null : <DeleteDialog credential={doomed} close={() => doom(null)} />}
    </Section>
  )
}

function DeleteDialog({
  credential,
  close,
}: {
  readonly credential: CredentialView
  readonly close: () => void
}) {
  const { settings: w } = useWords()
  const console = useConsole()
  const who = useWho()
  const remove = useMutation({
    mutationFn: () => deleteCredential(console, who.user.id, credential.id),
    onSuccess: close,
    onSettled: () => console.queries.invalidateQueries({ queryKey: ['identity'] }),
  })
  return (
    <Confirm
      title={w.deleteTitle(visible(credential.name).slice(0, 80))}
      verb={w.deleteVerb}
      danger
      typed={credential.name}
      run={() => remove.mutate()}
      close={close}
      isSending={remove.isPending}
      error={remove.error}
    >
      <p>{w.deleteText}</p>
      <CommandHint command={credentialCommands.remove(credential.id)} />
    </Confirm>
  )
}
