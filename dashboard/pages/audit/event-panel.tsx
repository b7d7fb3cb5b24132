/** One event, with everything that is known of it. */
import { Drawer } from '@mantine/core'
import { CopyButton, CopyText } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { useFormat } from '../../ui/format.ts'
import { PlainText, visible } from '../../ui/plain-text.tsx'
import { Status } from '../../ui/status.tsx'
import { useWords } from '../../words/index.ts'
import { kindOf, type AuditView } from './queries.ts'
import classes from './event-panel.module.css'
import { toneOfOutcome } from './tones.ts'

interface EventPanelProps {
  /** Null: not on this page. */
  readonly event: AuditView | null
  readonly close: () => void
}

export function EventPanel({ event, close }: EventPanelProps) {
  const { audit: w, common } = useWords()
  return (
    <Drawer
      opened
      onClose={close}
      position="right"
      size={520}
      title={w.event}
      classNames={{ title: classes.title }}
      closeButtonProps={{ 'aria-label': common.close }}
    >
      {event === null ? <p>{w.notHere}</p> : <Shown event={event} />}
    </Drawer>
  )
}

function Shown({ event }: { readonly event: AuditView }) {
  const { audit: w, common } = useWords()
  const format = useFormat()
  const { initiator, target } = event
  const copied = (text: string | undefined, what: string) =>
    text === undefined ? null : <CopyText text={visible(text)} what={what} />
  const raw = JSON.stringify(event, null, 2)
  return (
    <>
      <Facts
        facts={[
          [w.action, w.actions[event.action] ?? event.action],
          [
            w.outcome,
            <Status
              key="outcome"
              status={event.outcome}
              tone={toneOfOutcome(event.outcome)}
              word={w.outcomes[event.outcome] ?? event.outcome}
            />,
          ],
          [w.code, `${event.reason.reasonType} ${event.reason.reasonCode}`],
          [w.time, format.exact(event.eventTime)],
          [w.count, event.count > 1 ? w.times(event.count) : null],
          [w.last, event.count > 1 ? format.exact(event.lastTime) : null],
          [
            w.operation,
            <PlainText key="operation" wrap>
              {event.operation}
            </PlainText>,
          ],
          [
            w.who,
            initiator.name === undefined ? null : (
              <PlainText key="who" wrap>
                {initiator.name}
              </PlainText>
            ),
          ],
          [w.userId, copied(initiator.id, w.userId)],
          [w.domain, initiator.domain_id],
          [w.projectId, copied(initiator.project_id, w.projectId)],
          [w.through, initiator.credential.type],
          [w.credential, copied(initiator.credential.application_credential_id, w.credential)],
          [w.token, copied(initiator.credential.token_id, w.token)],
          [w.address, initiator.host.address],
          [
            w.agent,
            initiator.host.agent === undefined ? null : (
              <PlainText key="agent" wrap>
                {initiator.host.agent}
              </PlainText>
            ),
          ],
          [w.requestId, copied(initiator.request_id, w.requestId)],
          [w.targetType, kindOf(event)],
          [w.targetId, copied(target.id, w.targetId)],
          [
            w.path,
            target.path === undefined ? null : (
              <PlainText key="path" wrap>
                {target.path}
              </PlainText>
            ),
          ],
          [common.project, copied(target.project_id, common.project)],
          [w.observer, event.observer.id],
        ]}
      />
      <h3 style={{ display: 'flex', alignItems: 'center', gap: 4, fontSize: 14, margin: '16px 0 4px' }}>
        {w.raw} <CopyButton text={raw} what={w.raw} />
      </h3>
      <pre
        tabIndex={0}
        style={{
          margin: 0,
          padding: 8,
          overflow: 'auto',
          maxHeight: 320,
          fontSize: 12,
          border: '1px solid var(--line)',
          background: 'var(--surface)',
        }}
      >
        {raw
          .split('\n')
          .map((line) => visible(line))
          .join('\n')}
      </pre>
    </>
  )
}
