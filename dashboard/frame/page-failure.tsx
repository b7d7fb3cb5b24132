/** A page that could not be shown: the frame stays, and it can be tried again. */
import { useRouter, type ErrorComponentProps } from '@tanstack/react-router'
import { Failure } from '../ui/failure.tsx'

export function PageFailure({ error, reset }: ErrorComponentProps) {
  const router = useRouter()
  return (
    <Failure
      error={error}
      again={() => {
        reset()
        void router.invalidate()
      }}
    />
  )
}
