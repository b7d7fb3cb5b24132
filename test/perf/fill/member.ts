/** Somebody who belongs to a project that was filled in. */
import { caller, parsed, type Caller } from '../http.ts'
import type { ServiceProcess } from '../../helpers/service-process.ts'

/** The demo user becomes a member of a project in the middle. */
export async function memberOfFilled(
  service: Pick<ServiceProcess, 'url' | 'connect'>,
  admin: Caller,
): Promise<Caller> {
  const { shares } = parsed(await admin('GET', '/v2/shares/detail?all_tenants=1&limit=1')) as {
    shares: { project_id: string }[]
  }
  const projectId = shares[0]?.project_id ?? ''
  const client = await service.connect('manila-demo')
  await client.tokens.current()
  const userId = client.tokens.session?.userId ?? ''
  const { roles } = parsed(await admin('GET', '/identity/v3/roles?name=member')) as {
    roles: { id: string }[]
  }
  const path = `/identity/v3/projects/${projectId}/users/${userId}/roles/${roles[0]?.id ?? ''}`
  const granted = await admin('PUT', path)
  if (granted.status >= 300) throw new Error(`no role: ${granted.status} ${granted.text}`)
  const auth = {
    identity: { methods: ['token'], token: { id: await client.tokens.current() } },
    scope: { project: { id: projectId } },
  }
  const answer = await fetch(`${service.url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ auth }),
  })
  const token = answer.headers.get('x-subject-token')
  if (token === null) throw new Error(`no token: ${answer.status} ${await answer.text()}`)
  return caller(service.url, token)
}
