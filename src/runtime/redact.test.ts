import { Writable } from 'node:stream'
import { pino } from 'pino'
import { expect, test } from 'vitest'
import { redactCensor, redactPaths, redactSecrets } from './redact.ts'

function logged(content: object): string {
  let text = ''
  const sink = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString()
      done()
    },
  })
  const redact = { paths: [...redactPaths], censor: redactCensor }
  pino({ redact, formatters: { log: redactSecrets } }, sink).info(content)
  return text
}

const secret = 'hunter2'

test.each([
  { headers: { 'x-auth-token': secret } },
  { req: { headers: { 'x-subject-token': secret, 'X-Other': 1 } } },
  { request: { headers: { authorization: secret, cookie: secret } } },
  { res: { headers: { 'x-subject-token': secret } } },
  { 'x-auth-token': secret },
  { password: secret },
  { user: { password: secret, original_password: secret } },
  { body: { user: { password: secret } } },
  { req: { body: { user: { password: secret } } } },
  { body: { auth: { identity: { password: { user: { password: secret } } } } } },
  { body: { auth: { identity: { token: { id: secret } } } } },
  { auth: { identity: { application_credential: { secret } } } },
  { body: { application_credential: { secret } } },
  { row: { password_hash: secret, secret_hash: secret } },
  { security_service: { password: secret } },
  { deep: [{ er: { and: { deeper: { Password: secret } } } }] },
  { err: Object.assign(new Error('refused'), { headers: { 'x-auth-token': secret } }) },
])('%j is logged without its secret', (content) => {
  const line = logged(content)
  expect(line).not.toContain(secret)
  expect(line).toContain(redactCensor)
})

test('what is no secret stays', () => {
  expect(logged({ share: { id: 'kept' }, request_id: 'req-1' })).toContain('kept')
  expect(logged({ err: new Error('why it failed') })).toContain('why it failed')
  const logs = { password: null }
  expect(redactSecrets(logs)).toEqual({ password: null })
})
