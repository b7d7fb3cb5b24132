/** Why a request finds no place, pool by pool, in the words of the scheduler's own filters. */
import { useQuery } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useCan, useConsole } from '../../api/console.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { PageHead } from '../../ui/page.tsx'
import { useWords } from '../../words/index.ts'
import { placementCommands } from './commands.ts'
import { Answer } from './answer.tsx'
import { askedOf, placementQuery, type WhyNotSearch } from './queries.ts'
import { RequestForm } from './request-form.tsx'
import { whyNotRoute } from './route.tsx'
import classes from './why-not.module.css'

export function WhyNotPage() {
  const { common, whyNot: w } = useWords()
  const search: WhyNotSearch = whyNotRoute.useSearch()
  const navigate = useNavigate({ from: whyNotRoute.fullPath })
  const isThere = useCan('placements')
  const asked = askedOf(search)
  const { data, error, refetch, isPlaceholderData } = useQuery(placementQuery(useConsole(), asked))
  if (!isThere)
    return (
      <>
        <PageHead title={w.title} />
        <Empty title={common.notHere} />
      </>
    )
  return (
    <>
      <PageHead title={w.title} />
      <p className={classes.intro}>{w.intro}</p>
      <div className={classes.page}>
        <RequestForm
          search={search}
          change={(change) =>
            void navigate({ search: (before) => ({ ...before, ...change }) as never, replace: true })
          }
        />
        <div className={classes.answer} data-old={isPlaceholderData || undefined} aria-live="polite">
          {error === null ? null : <Failure error={error} again={() => void refetch()} />}
          {data === undefined || error !== null ? null : <Answer placement={data} />}
          <div style={{ marginTop: 24 }}>
            <CommandHint command={placementCommands.ask(asked)} />
          </div>
        </div>
      </div>
    </>
  )
}
