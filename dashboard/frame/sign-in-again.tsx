/** The session has ended: one signs in again in place, and what was under way goes on. */
import { Modal } from '@mantine/core'
import type { SessionView } from '../api/session.ts'
import { useConsole } from '../api/console.ts'
import { LoginForm } from '../pages/login/login-form.tsx'
import { useWords } from '../words/index.ts'

export function SignInAgain({ view }: { readonly view: SessionView }) {
  const { frame, login } = useWords()
  const { session } = useConsole()
  return (
    <Modal
      opened
      onClose={() => session.giveUp()}
      title={login.title}
      size={400}
      closeOnClickOutside={false}
      closeButtonProps={{ 'aria-label': frame.signOut }}
    >
      <p>{frame.ended}</p>
      <LoginForm
        session={session}
        name={view.user.name}
        domain={view.user.domain.name}
        project={view.project?.id}
      />
    </Modal>
  )
}
