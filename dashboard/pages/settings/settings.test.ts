import { expect, it } from 'vitest'
import { credentialBody } from './queries.ts'

const now = Date.parse('2026-11-27T12:00:00Z')
const blank = { name: 'ci', description: '', days: null, roles: [], rules: [], unrestricted: false }

it('sends what was filled in and nothing else', () => {
  expect(credentialBody(blank, now)).toEqual({ application_credential: { name: 'ci' } })
})
it('counts its days from now on, in UTC without a zone, as the service reads it', () => {
  const sent = credentialBody({ ...blank, days: 30 }, now).application_credential
  expect(sent).toEqual({ name: 'ci', expires_at: '2026-12-27T12:00:00' })
})
it('sends roles by name, and calls whole', () => {
  const rule = { service: 'shared-file-system', method: 'GET', path: '/v2/shares' }
  expect(credentialBody({ ...blank, roles: ['reader'], rules: [rule], unrestricted: true }, now)).toEqual({
    application_credential: {
      name: 'ci',
      roles: [{ name: 'reader' }],
      access_rules: [rule],
      unrestricted: true,
    },
  })
})
