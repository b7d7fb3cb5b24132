/** What is under way, how far, since when. */
import { Progress } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { OperationView } from '../../../src/sdk/watch.ts'
import { Status } from '../../ui/status.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import classes from './overview.module.css'

export function RunningList({
  operations,
}: {
  readonly operations: readonly Pick<OperationView, 'id' | 'kind' | 'state' | 'progress' | 'created_at'>[]
}) {
  const { operations: w, service } = useWords()
  return (
    <ul className={classes.running}>
      {operations.map(({ id, kind, state, progress, created_at }) => (
        <li key={id}>
          <Status status={state} />
          <Link to={'/activity/$id' as never} params={{ id } as never}>
            {service.kind(kind)}
          </Link>
          <Progress value={progress} size={4} aria-label={w.progress} className={classes.progress ?? ''} />
          <Time at={created_at} />
        </li>
      ))}
    </ul>
  )
}
