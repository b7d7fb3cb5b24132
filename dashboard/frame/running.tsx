/** What is under way in the project, from every page: how many, how far. Nothing is asked while nothing happens. */
import { Popover, Progress } from '@mantine/core'
import { IconLoader } from '@tabler/icons-react'
import { queryOptions, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { listOperations } from '../../src/wire/operations/schema.ts'
import { useConsole, type Console } from '../api/console.ts'
import { listKey } from '../api/reads.ts'
import { Time } from '../ui/time.tsx'
import { useWords } from '../words/index.ts'
import classes from './running.module.css'

const most = 20

const runningQuery = ({ client }: Console) =>
  queryOptions({
    queryKey: listKey('operations', 'running'),
    queryFn: async () =>
      (await client.call(listOperations, { query: { state: 'running,undoing,queued', limit: most } }))
        .operations,
    // An event says when something begins; its steps are no events.
    refetchInterval: ({ state }) => ((state.data?.length ?? 0) > 0 ? 2000 : false),
  })

export function Running() {
  const { frame, service } = useWords()
  const console = useConsole()
  const { data = [] } = useQuery(runningQuery(console))
  const [isOpen, setOpen] = useState(false)
  return (
    <Popover
      opened={isOpen}
      onChange={setOpen}
      position="bottom-end"
      width={320}
      shadow="sm"
      trapFocus
      transitionProps={{ duration: 0 }}
    >
      <Popover.Target>
        <button
          type="button"
          className={classes.ring}
          data-running={data.length > 0 || undefined}
          aria-label={frame.running(data.length)}
          onClick={() => setOpen(!isOpen)}
        >
          <IconLoader size={16} aria-hidden />
          {data.length > 0 ? <span>{data.length}</span> : null}
        </button>
      </Popover.Target>
      <Popover.Dropdown>
        {data.length === 0 ? <p className={classes.none}>{frame.noneRunning}</p> : null}
        <ul className={classes.list}>
          {data.map((operation) => (
            <li key={operation.id}>
              <div className={classes.what}>
                <span>{service.kind(operation.kind)}</span>
                <Time at={operation.created_at} />
              </div>
              <Progress value={operation.progress} size={3} aria-label={service.kind(operation.kind)} />
            </li>
          ))}
        </ul>
        <Link to={'/activity' as '/'} onClick={() => setOpen(false)}>
          {frame.allActivity}
        </Link>
      </Popover.Dropdown>
    </Popover>
  )
}
