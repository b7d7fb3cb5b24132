import { expect, it } from 'vitest'
import { credentialBody } from './queries.ts'

const blank = { name: 'ci', description: '', expires: '', roles: [], rules: [], unrestricted: false }

it('sends what was filled in and nothing else', () => {
  expect(credentialBody(blank)).toEqual({ application_credential: { name: 'ci' } })
})
it('sends the time of the form, which is local, in UTC', () => {
  const sent = credentialBody({ ...blank, expires: '2027-01-31T12:00' }).application_credential.expires_at
  expect(Date.parse(`${sent}Z`)).toBe(new Date('2027-01-31T12:00').getTime())
})
it('sends roles by name, and calls whole', () => {
  const rule = { service: 'shared-file-system', method: 'GET', path: '/v2/shares' }
  expect(credentialBody({ ...blank, roles: ['reader'], rules: [rule], unrestricted: true })).toEqual({
    application_credential: {
      name: 'ci',
      roles: [{ name: 'reader' }],
      access_rules: [rule],
      unrestricted: true,
    },
  })
})
