/** Which projects may use a private type, of shares or of share groups. */
import { Button, Select, TextInput } from '@mantine/core'
import { useMutation, type UseQueryResult } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { useConsole } from '../../api/console.ts'
import type { Noun } from '../../api/reads.ts'
import { CommandHint } from '../../ui/command-hint.tsx'
import { Confirm } from '../../ui/confirm.tsx'
import { CopyText } from '../../ui/copy.tsx'
import { DataTable } from '../../ui/data-table.tsx'
import { Empty } from '../../ui/empty.tsx'
import { Failure } from '../../ui/failure.tsx'
import { isId } from '../../ui/ids.ts'
import { useWords } from '../../words/index.ts'
import { useProjectNames, useProjects } from '../admin/project-names.ts'

type Client = ReturnType<typeof useConsole>['client']

interface ProjectAccessProps {
  /** Where the type is read. */
  readonly noun: Noun
  readonly isPrivate: boolean
  readonly access: Pick<
    UseQueryResult<readonly { readonly project_id: string }[]>,
    'data' | 'error' | 'refetch'
  >
  readonly give: (client: Client, project: string) => Promise<unknown>
  readonly take: (client: Client, project: string) => Promise<unknown>
  readonly allow: (project: string) => string
  readonly deny: (project: string) => string
  /** What a project keeps that loses it. */
  readonly takeAwayText: string
}

export function ProjectAccess(props: ProjectAccessProps) {
  const { noun, isPrivate, access, give, take, allow, deny, takeAwayText } = props
  const { common, quotas: q, types: w } = useWords()
  const { client, queries } = useConsole()
  const [project, setProject] = useState('')
  const [leaving, leave] = useState<string | null>(null)
  const names = useProjectNames()
  const allowed = new Set(access.data?.map(({ project_id: id }) => id))
  const others = useProjects().filter(({ id }) => !allowed.has(id))
  const again = () => queries.invalidateQueries({ queryKey: [noun] })
  const add = useMutation({
    mutationFn: () => give(client, project.trim()),
    onSuccess: () => setProject(''),
    onSettled: again,
  })
  const remove = useMutation({
    mutationFn: (id: string) => take(client, id),
    onSuccess: () => leave(null),
    onSettled: again,
  })
  if (!isPrivate) return <p>{w.accessPublic}</p>
  if (access.error !== null && access.data === undefined)
    return <Failure error={access.error} again={() => void access.refetch()} />
  const isWrong = project.trim() !== '' && !isId(project)
  const submitted = (event: FormEvent): void => {
    event.preventDefault()
    if (project.trim() !== '' && !isWrong && !add.isPending) add.mutate()
  }
  return (
    <>
      <form
        onSubmit={submitted}
        style={{ display: 'flex', flexWrap: 'wrap', gap: 8, alignItems: 'flex-end', marginBottom: 12 }}
      >
        {others.length === 0 ? (
          <TextInput
            label={w.addProject}
            placeholder={w.projectId}
            value={project}
            error={isWrong ? w.badProjectId : null}
            style={{ flex: '0 1 360px' }}
            onChange={(event) => setProject(event.currentTarget.value)}
          />
        ) : (
          <Select
            label={w.addProject}
            placeholder={q.chooseProject}
            searchable
            data={others.map(({ id, name }) => ({ value: id, label: name }))}
            value={project === '' ? null : project}
            style={{ flex: '0 1 360px' }}
            onChange={(id) => setProject(id ?? '')}
          />
        )}
        <Button type="submit" size="sm" loading={add.isPending} disabled={project.trim() === '' || isWrong}>
          {w.addProject}
        </Button>
      </form>
      {add.error === null ? null : <Failure error={add.error} what={w.addProject} />}
      <DataTable
        label={w.access}
        page={
          access.data === undefined
            ? undefined
            : { rows: access.data.map(({ project_id: id }) => ({ id })), hasNewer: false, hasOlder: false }
        }
        nameOf={({ id }) => names.get(id) ?? id}
        actionsOf={({ id }) => [{ key: 'remove', label: w.takeAway, danger: true, run: () => leave(id) }]}
        empty={<Empty title={w.accessNone} command={allow('PROJECT')} />}
        columns={[
          {
            key: 'project',
            title: common.project,
            show: ({ id }) => (
              <>
                {names.get(id) ?? null} <CopyText text={id} what={common.project} />
              </>
            ),
          },
        ]}
      />
      {leaving === null ? null : (
        <Confirm
          title={w.takeAwayTitle(names.get(leaving) ?? leaving.slice(0, 8))}
          verb={w.takeAwayVerb}
          danger
          run={() => remove.mutate(leaving)}
          close={() => leave(null)}
          isSending={remove.isPending}
          error={remove.error}
        >
          <p>{takeAwayText}</p>
          <CommandHint command={deny(leaving)} />
        </Confirm>
      )}
    </>
  )
}
