/** Whether the address at which the service sees this browser may mount a share, and a button that lets it. */
import { Button } from '@mantine/core'
import { useMutation, useQuery } from '@tanstack/react-query'
import { allowAccess } from '../../../../src/wire/access-rules/schema.ts'
import { useConsole } from '../../../api/console.ts'
import { usePermissions } from '../../../api/permissions.ts'
import { ActionButton } from '../../../ui/actions.tsx'
import { Failure } from '../../../ui/failure.tsx'
import { Notice } from '../../../ui/notice.tsx'
import { Status } from '../../../ui/status.tsx'
import { useWords } from '../../../words/index.ts'
import { ownAddressQuery } from '../../access-rules/queries.ts'
import type { ShareView } from '../queries.ts'
import { whyNot } from '../share-actions.tsx'
import { ruleFor, type Rule } from './allowed.ts'

interface ThisAddressProps {
  readonly share: ShareView
  readonly rules: readonly Rule[]
}

export function ThisAddress({ share, rules }: ThisAddressProps) {
  const { mount: w } = useWords()
  const console = useConsole()
  const permissions = usePermissions('share', [share])
  const { data: address } = useQuery(ownAddressQuery(console))
  const allow = useMutation({
    mutationFn: (to: string) =>
      console.client.act(allowAccess, {
        params: { id: share.id },
        body: { access_type: 'ip', access_to: to, access_level: 'rw' },
      }),
    onSettled: () => console.queries.invalidateQueries({ queryKey: ['access-rules'] }),
  })
  if (address === undefined || address === null) return null
  const rule = ruleFor(address, rules)
  if (rule !== null) {
    return (
      <Notice
        tone={rule.state === 'active' ? 'plain' : rule.state === 'error' ? 'bad' : 'working'}
        title={w.allowed(address, rule.access_level)}
      >
        {rule.access_to === address ? null : `${w.byRule(rule.access_to)} `}
        {rule.state === 'active' ? null : <Status status={rule.state} />}
      </Notice>
    )
  }
  return (
    <Notice
      tone="warning"
      title={w.notAllowed(address)}
      actions={
        permissions.hidden(share.id, 'allow_access') ? undefined : allow.isPending ? (
          <Button variant="default" loading>
            {w.allow}
          </Button>
        ) : (
          <ActionButton
            action={{
              key: 'allow',
              label: w.allow,
              whyNot: whyNot(permissions, share, 'allow_access'),
              run: () => allow.mutate(address),
            }}
          />
        )
      }
    >
      <p>{w.behindTranslation}</p>
      {allow.error === null ? null : <Failure error={allow.error} what={w.allow} />}
    </Notice>
  )
}
