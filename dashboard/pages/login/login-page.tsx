/** The first page of whoever is not signed in. The address that was asked for stays, and is shown afterwards. */
import type { Session } from '../../api/session.ts'
import { useWords } from '../../words/index.ts'
import { LoginForm } from './login-form.tsx'
import classes from './login.module.css'

export function LoginPage({ session }: { readonly session: Session }) {
  const { login } = useWords()
  return (
    <main className={classes.page}>
      <div className={classes.box}>
        <div className={classes.brand}>Manila</div>
        <h1>{login.title}</h1>
        <p className={classes.service}>{login.service}</p>
        <LoginForm session={session} />
      </div>
    </main>
  )
}
