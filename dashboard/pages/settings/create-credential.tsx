/** The form of a new application credential; its secret is shown once, when it is made. */
import { ActionIcon, Button, Checkbox, Modal, Select, Textarea, TextInput } from '@mantine/core'
import { IconPlus, IconX } from '@tabler/icons-react'
import { useMutation } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { identityUrl } from '../../../src/sdk/keystone.ts'
import { useConsole, useWho } from '../../api/console.ts'
import { CopyButton, CopyText } from '../../ui/copy.tsx'
import { Facts } from '../../ui/facts.tsx'
import { useFormat } from '../../ui/format.ts'
import { visible } from '../../ui/plain-text.tsx'
import { command } from '../../ui/shell-quote.ts'
import { SidePanel } from '../../ui/side-panel.tsx'
import { useWords } from '../../words/index.ts'
import { createCredential, endOf, type CallRule, type NewCredential } from './queries.ts'
import classes from './settings.module.css'

const blank: NewCredential = {
  name: '',
  description: '',
  days: 90,
  roles: [],
  rules: [],
  unrestricted: false,
}
/** Days. */
const lifetimes = [1, 7, 30, 90, 365]
const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const blankRule: CallRule = { service: 'shared-file-system', method: 'GET', path: '/v2/shares/**' }

export function CreateCredentialPage() {
  const { common, settings: w } = useWords()
  const format = useFormat()
  const console = useConsole()
  const who = useWho()
  const navigate = useNavigate()
  const [form, setForm] = useState(blank)
  const set = (change: Partial<NewCredential>): void => setForm((before) => ({ ...before, ...change }))
  const close = (ignoreBlocker = false): void => void navigate({ to: '/settings', ignoreBlocker })
  const create = useMutation({
    // What was answered holds a secret: it lives as long as this form.
    gcTime: 0,
    mutationFn: () => createCredential(console, who.user.id, form),
    onSuccess: () => console.queries.invalidateQueries({ queryKey: ['identity'] }),
  })
  if (create.data !== undefined) return <Secret made={create.data} close={() => close(true)} />
  const isRuleWrong = form.rules.some(
    ({ service, path }) => service === '' || !path.startsWith('/') || path.length > 1024,
  )
  return (
    <SidePanel
      title={w.create}
      submit={w.create}
      close={() => close()}
      send={() => create.mutate()}
      isSending={create.isPending}
      isDirty={JSON.stringify(form) !== JSON.stringify(blank)}
      error={create.error}
      whyNot={form.name.trim() === '' ? w.nameNeeded : isRuleWrong ? w.ruleWrong : null}
    >
      <TextInput
        label={common.name}
        value={form.name}
        maxLength={255}
        data-autofocus
        onChange={(event) => set({ name: event.currentTarget.value })}
      />
      <Textarea
        label={common.description}
        description={common.optional}
        className="optional"
        value={form.description}
        onChange={(event) => set({ description: event.currentTarget.value })}
      />
      <Select
        label={w.expires}
        description={form.days === null ? w.expiryHint : format.exact(endOf(form.days, Date.now()))}
        allowDeselect={false}
        data={[
          ...lifetimes.map((days) => ({ value: String(days), label: w.afterDays(days) })),
          { value: '', label: w.never },
        ]}
        value={form.days === null ? '' : String(form.days)}
        onChange={(value) => set({ days: value === null || value === '' ? null : Number(value) })}
      />
      <Checkbox.Group
        label={w.roles}
        description={w.rolesHint}
        value={[...form.roles]}
        onChange={(roles) => set({ roles })}
      >
        <div className={classes.roles}>
          {who.roles.map((role) => (
            <Checkbox key={role} value={role} label={visible(role)} />
          ))}
        </div>
      </Checkbox.Group>
      <Rules rules={form.rules} change={(rules) => set({ rules })} />
      <Checkbox
        label={w.unrestricted}
        description={w.unrestrictedText}
        checked={form.unrestricted}
        onChange={(event) => set({ unrestricted: event.currentTarget.checked })}
      />
    </SidePanel>
  )
}

function Rules({
  rules,
  change,
}: {
  readonly rules: readonly CallRule[]
  readonly change: (rules: readonly CallRule[]) => void
}) {
  const { settings: w } = useWords()
  const put = (index: number, part: Partial<CallRule>): void =>
    change(rules.map((rule, at) => (at === index ? { ...rule, ...part } : rule)))
  return (
    <fieldset className={classes.rules}>
      <legend>{w.rules}</legend>
      <p>{w.rulesHint}</p>
      {rules.map((rule, index) => (
        // Rows have no names of their own: their place is what they are.
        // oxlint-disable-next-line react/no-array-index-key
        <div key={index} className={classes.rule}>
          <Select
            aria-label={`${w.method} ${index + 1}`}
            allowDeselect={false}
            data={methods}
            value={rule.method}
            onChange={(method) => put(index, { method: method ?? rule.method })}
          />
          <TextInput
            aria-label={`${w.path} ${index + 1}`}
            value={rule.path}
            error={!rule.path.startsWith('/')}
            onChange={(event) => put(index, { path: event.currentTarget.value })}
          />
          <TextInput
            aria-label={`${w.service} ${index + 1}`}
            value={rule.service}
            error={rule.service === ''}
            onChange={(event) => put(index, { service: event.currentTarget.value })}
          />
          <ActionIcon
            variant="subtle"
            color="gray"
            size={30}
            aria-label={`${w.removeRule} ${index + 1}`}
            onClick={() => change(rules.filter((_one, at) => at !== index))}
          >
            <IconX size={14} />
          </ActionIcon>
        </div>
      ))}
      <Button
        variant="subtle"
        color="gray"
        leftSection={<IconPlus size={14} aria-hidden />}
        onClick={() => change([...rules, blankRule])}
      >
        {w.addRule}
      </Button>
    </fieldset>
  )
}

function Secret({
  made,
  close,
}: {
  readonly made: { readonly id: string; readonly name: string; readonly secret: string }
  readonly close: () => void
}) {
  const { common, settings: w } = useWords()
  const { client, deployment } = useConsole()
  const environment = [
    'export OS_AUTH_TYPE=v3applicationcredential',
    `export ${command(`OS_AUTH_URL=${identityUrl(deployment.identity ?? client.endpoint)}`)}`,
    `export ${command(`OS_APPLICATION_CREDENTIAL_ID=${made.id}`)}`,
    `export ${command(`OS_APPLICATION_CREDENTIAL_SECRET=${made.secret}`)}`,
  ].join('\n')
  return (
    <Modal
      opened
      onClose={close}
      title={w.secretTitle}
      size={560}
      closeOnClickOutside={false}
      closeOnEscape={false}
      closeButtonProps={{ 'aria-label': common.close }}
      classNames={{ title: classes.title }}
    >
      <p>{w.secretText}</p>
      <Facts
        facts={[
          [common.id, <CopyText key="id" text={made.id} what={common.id} />],
          [w.secret, <CopyText key="secret" text={made.secret} what={w.secret} />],
        ]}
      />
      <div className={classes.environment}>
        <div>{w.environment}</div>
        <pre tabIndex={0} role="region" aria-label={w.environment}>
          {environment}
        </pre>
        <CopyButton text={environment} what={w.environment} />
      </div>
      <div className={classes.foot}>
        <Button onClick={close} data-autofocus>
          {w.done}
        </Button>
      </div>
    </Modal>
  )
}
