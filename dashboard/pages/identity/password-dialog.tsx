/** Sets the password of somebody. It is nowhere but in this form and on its way. */
import { PasswordInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { useWords } from '../../words/index.ts'
import { identityCommands } from './commands.ts'
import { ask, identityChanged, type UserView } from './queries.ts'

export function PasswordDialog({ user, close }: { readonly user: UserView; readonly close: () => void }) {
  const { identity: w } = useWords()
  const console = useConsole()
  const [password, setPassword] = useState('')
  const [again, setAgain] = useState('')
  const differs = again !== '' && again !== password
  const set = useMutation({
    mutationFn: () =>
      ask(console.client, 'PATCH', `/users/${encodeURIComponent(user.id)}`, { user: { password } }),
    onSuccess: async () => {
      close()
      await identityChanged(console)
    },
  })
  return (
    <Confirm
      title={w.setPasswordTitle(visible(user.name))}
      verb={w.setPasswordVerb}
      run={() => (password === '' || password !== again ? undefined : set.mutate())}
      close={close}
      isSending={set.isPending}
      error={set.error}
    >
      <p>{w.setPasswordText}</p>
      <PasswordInput
        label={w.password}
        description={w.passwordHint}
        value={password}
        autoComplete="new-password"
        data-autofocus
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <PasswordInput
        label={w.passwordAgain}
        value={again}
        autoComplete="new-password"
        error={differs ? w.passwordDiffers : null}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      <CommandHint command={identityCommands.setPassword(user.id)} />
    </Confirm>
  )
}
