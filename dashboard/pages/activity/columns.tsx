/** Columns of operations. */
import { Progress } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { Column } from '../../ui/data-table.tsx'
import { instant, type Format } from '../../ui/format.ts'
import { visible } from '../../ui/plain-text.tsx'
import { Status, titled } from '../../ui/status.tsx'
import { OnPhone } from '../../ui/on-phone.tsx'
import { Time } from '../../ui/time.tsx'
import type { Words } from '../../words/index.ts'
import { ProjectName } from '../admin/project-name.tsx'
import { ThingLink } from '../shares/thing-link.tsx'
import classes from './activity.module.css'
import { isRunning, type OperationRow } from './queries.ts'

/** `create-share` → `create share`. */
export const kindOf = ({ kind }: Pick<OperationRow, 'kind'>): string => titled(kind)

export function OnWhat({ operation }: { readonly operation: OperationRow }) {
  return <ThingLink type={operation.resource_type} id={operation.resource_id} />
}

export function operationColumns(
  { activity: w, common, operations }: Words,
  format: Format,
  now: number,
  all: boolean,
): readonly Column<OperationRow>[] {
  return [
    {
      key: 'kind',
      title: w.kind,
      sort: 'kind',
      show: (row) => (
        <>
          <Link to="/activity/$id" params={{ id: row.id }}>
            {kindOf(row)}
          </Link>
          <OnPhone>
            <OnWhat operation={row} />
          </OnPhone>
        </>
      ),
    },
    {
      key: 'state',
      title: w.state,
      sort: 'state',
      show: (row) => (
        <>
          <Status status={row.state} />
          {row.cause === null ? null : (
            <div className={classes.cause}>{visible(row.cause.message ?? row.cause.code)}</div>
          )}
          {isRunning(row) ? (
            <Progress
              value={row.progress}
              size={4}
              aria-label={operations.progress}
              className={classes.bar ?? ''}
            />
          ) : null}
        </>
      ),
    },
    { key: 'on', title: w.on, from: 'tablet', show: (row) => <OnWhat operation={row} /> },
    ...(all
      ? [
          {
            key: 'project',
            title: common.project,
            from: 'desk' as const,
            show: ({ project_id }: OperationRow) => <ProjectName id={project_id} />,
          },
        ]
      : []),
    {
      key: 'took',
      title: w.took,
      isNumber: true,
      from: 'desk',
      show: ({ created_at, finished_at }) =>
        format.duration(
          Math.max(0, (finished_at === null ? now : instant(finished_at)) - instant(created_at)),
        ),
    },
    {
      key: 'began',
      title: w.began,
      sort: 'created_at',
      from: 'tablet',
      show: ({ created_at }) => <Time at={created_at} />,
    },
  ]
}
