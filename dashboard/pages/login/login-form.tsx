/** Name and password; the domain for those who have one of their own. What is typed stays in the form and goes nowhere else. */
import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { ApiError } from '../../../src/sdk/api-error.ts'
import type { Session } from '../../api/session.ts'
import { Failure } from '../../ui/failure.tsx'
import { Notice } from '../../ui/notice.tsx'
import { useWords } from '../../words/index.ts'
import classes from './login.module.css'

interface LoginFormProps {
  readonly session: Session
  readonly name?: string
  readonly domain?: string
  readonly project?: string | undefined
}

export function LoginForm({
  session,
  name: known = '',
  domain: knownDomain = 'Default',
  project,
}: LoginFormProps) {
  const { login } = useWords()
  const [name, setName] = useState(known)
  const [domain, setDomain] = useState(knownDomain)
  const [password, setPassword] = useState('')
  const signIn = useMutation({
    mutationFn: () =>
      session.signIn({
        name,
        password,
        domain,
        ...(project === undefined ? {} : { project: { id: project } }),
      }),
  })
  const submitted = (event: FormEvent): void => {
    event.preventDefault()
    if (name !== '' && password !== '') signIn.mutate()
  }
  return (
    <form onSubmit={submitted} className={classes.form}>
      <TextInput
        label={login.name}
        name="username"
        autoComplete="username"
        autoFocus={known === ''}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <PasswordInput
        label={login.password}
        name="password"
        autoComplete="current-password"
        autoFocus={known !== ''}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <TextInput
        label={login.domain}
        name="domain"
        value={domain}
        onChange={(event) => setDomain(event.currentTarget.value)}
      />
      {signIn.error === null ? null : <Refusal error={signIn.error} />}
      <Button type="submit" size="sm" loading={signIn.isPending} disabled={name === '' || password === ''}>
        {login.submit}
      </Button>
    </form>
  )
}

function Refusal({ error }: { readonly error: Error }) {
  const { login } = useWords()
  const status = error instanceof ApiError ? error.status : -1
  if (status === 401) return <Notice tone="bad" urgent title={login.wrong} />
  if ([0, 502, 503, 504].includes(status))
    return (
      <Notice tone="warning" urgent title={login.unreachable}>
        {error.message}
      </Notice>
    )
  return <Failure error={error} what={login.submit} />
}
