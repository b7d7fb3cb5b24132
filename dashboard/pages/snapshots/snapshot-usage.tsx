/** What a snapshot holds, as the file system counts it; measured again on request. */
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { showSnapshotUsage } from '../../../src/wire/usages/schema.ts'
import { useCan, useConsole } from '../../api/console.ts'
import { Facts } from '../../ui/facts.tsx'
import { Failure } from '../../ui/failure.tsx'
import { useFormat } from '../../ui/format.ts'
import { Section } from '../../ui/page.tsx'
import { visible } from '../../ui/plain-text.tsx'
import { Time } from '../../ui/time.tsx'
import { useWords } from '../../words/index.ts'
import { snapshotUsageQuery } from './queries.ts'

export function SnapshotUsage({ id }: { readonly id: string }) {
  const { common, service, snapshots: w } = useWords()
  const format = useFormat()
  const console = useConsole()
  const usage = useQuery(snapshotUsageQuery(console, id))
  const measure = useMutation({
    mutationFn: () => console.client.call(showSnapshotUsage, { params: { id }, query: { refresh: 'true' } }),
    onSuccess: ({ usage: now }) =>
      console.queries.setQueryData(snapshotUsageQuery(console, id).queryKey, now),
  })
  if (!useCan('usage')) return null
  const sizeText = (bytes: number | null): string => {
    if (bytes !== null) return format.bytes(bytes)
    const reason = usage.data?.reason ?? null
    return reason === null ? common.notKnown : `${common.notKnown}: ${visible(service.sentence(reason))}`
  }
  return (
    <Section
      title={w.usage}
      aside={
        <Button variant="default" loading={measure.isPending} onClick={() => measure.mutate()}>
          {w.measure}
        </Button>
      }
    >
      {measure.error === null ? null : <Failure error={measure.error} what={w.measure} />}
      {usage.error === null ? null : <Failure error={usage.error} />}
      {usage.data === undefined ? null : (
        <Facts
          facts={[
            [w.frees, sizeText(usage.data.exclusive_bytes)],
            [w.holds, sizeText(usage.data.referenced_bytes)],
            [w.method, usage.data.method],
            [
              w.measured,
              usage.data.measured_at === null ? null : <Time key="at" at={usage.data.measured_at} />,
            ],
          ]}
        />
      )}
    </Section>
  )
}
