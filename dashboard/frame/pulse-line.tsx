/** Says when what is shown is not kept up by the service itself: a thin line, since when, and that it is read again all the same. */
import { useNetwork } from '@mantine/hooks'
import { useSyncExternalStore } from 'react'
import { useCan, useConsole } from '../api/console.ts'
import { useFormat } from '../ui/format.ts'
import { useWords } from '../words/index.ts'
import classes from './pulse-line.module.css'

export function PulseLine() {
  const { frame } = useWords()
  const { live } = useConsole()
  const format = useFormat()
  const pulse = useSyncExternalStore(live.subscribe, live.pulse)
  const hasEvents = useCan('events')
  const { online } = useNetwork()
  const says = !online
    ? frame.offline
    : pulse.is === 'live'
      ? null
      : hasEvents
        ? frame.polling(format.clock(pulse.since))
        : frame.pollingOnly
  return (
    <div role="status" className={says === null ? undefined : classes.line}>
      {says}
    </div>
  )
}
