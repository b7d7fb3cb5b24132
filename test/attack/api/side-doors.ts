/** Attacks through what a caller may write freely: headers, the spelling of a URL, a role that is meant for services. */
import { loadSettings } from '../../../src/config/load.ts'
import type { Attack } from '../attack.ts'
import { counted, logIn, newAccount, send, type Reply } from './strangers.ts'
import type { ApiWorld } from './world.ts'

export const forgedHost: Attack<ApiWorld> = {
  name: 'links to somewhere else',
  tries:
    'gets a host of its own into links, the catalog or WWW-Authenticate by Host, X-Forwarded-* and Forwarded',
  async run(world) {
    const from = '127.0.6.1'
    const evil = 'evil.example'
    const { headers } = await logIn(world, { name: 'attacker' }, world.passwords.attacker, { from })
    const token = String(headers['x-subject-token'])
    const lies: Readonly<Record<string, string>>[] = [
      { host: evil },
      { host: `${evil}"><script>` },
      { 'x-forwarded-host': evil, 'x-forwarded-proto': 'https' },
      { forwarded: `host=${evil};proto=https`, 'x-forwarded-server': evil, 'x-original-host': evil },
    ]
    const replies: Reply[] = []
    for (const lie of lies) {
      for (const path of [
        '/',
        '/v2',
        '/v2/shares',
        '/v2/shares/detail?limit=1',
        '/identity/v3',
        '/identity',
        '/identity/v3/auth/catalog',
      ]) {
        replies.push(await send(world, path, { from, headers: { ...lie, 'x-auth-token': token } }))
        // And as nobody, who is told where to log in.
        replies.push(await send(world, path, { from, headers: lie }))
      }
      replies.push(await logIn(world, { name: 'attacker' }, world.passwords.attacker, { from, headers: lie }))
    }
    const caught = replies.filter(({ headers: got, text }) =>
      `${JSON.stringify(got)}${text}`.includes('evil'),
    )
    return {
      through: caught.length > 0,
      tried: `${replies.length} requests`,
      cameBack: `${counted(replies)}; the host in ${caught.length} of them`,
    }
  },
}

export const ruleSpelledOtherwise: Attack<ApiWorld> = {
  name: 'a rule spelled otherwise',
  tries:
    'makes a share with an application credential that may only do what is below /v2/shares/, by spelling the URL otherwise',
  async run(world) {
    const { service, userIds, projectIds } = world
    const role = await service.auth.roles.find({ name: 'member' })
    const rule = (path: string) => ({ method: 'POST', path, service: 'shared-file-system' })
    const { row, secret } = await service.auth.credentials.create({
      userId: userIds.attacker,
      projectId: projectIds.attacker,
      name: 'below the shares',
      roles: [{ id: role?.id ?? '', name: 'member' }],
      accessRules: [rule('/v2/shares/**'), rule('/v2/shares/*/action')],
    })
    const { token } = await service.auth.loginWithApplicationCredential({
      ref: { id: row.id },
      secret,
      address: '127.0.7.1',
    })
    const project = projectIds.attacker
    const spellings = [
      '/v2/shares',
      '/v2/shares/',
      '/v2/shares//',
      '/v2/shares.json',
      '/v2/shares/.json',
      '/v2/shares/x/..',
      '/v2/shares/x/../',
      '/v2/shares/.',
      '/v2/shares/./',
      '/v2/shares/%2e',
      '/v2/shares/%2e%2e/shares',
      '/v2/shares#/x',
      '/v2/shares/#x',
      '/v2/shares?/x',
      '/v2/shares;/x',
      '/v2/%73hares/',
      '//v2/shares/',
      '/v2//shares/',
      `/v2/${project}/shares/`,
      `/v2/${project}/shares/.json`,
      `/v2/shares/../${project}/shares`,
      '/V2/shares/x',
      '/v2/SHARES/x',
    ]
    const replies: Reply[] = []
    for (const path of spellings) {
      const body = { share: { share_proto: 'NFS', size: 1, display_name: 'mine' } }
      const headers = { 'x-auth-token': token, 'x-openstack-manila-api-version': '2.99' }
      replies.push(await send(world, path, { from: '127.0.7.1', method: 'POST', body, headers }))
    }
    return {
      through: replies.some(({ status }) => status < 300),
      tried: `${spellings.length} spellings`,
      cameBack: counted(replies),
    }
  },
}

export const serviceRevokes: Attack<ApiWorld> = {
  name: 'a service that logs others out',
  tries: 'ends the tokens of others with the role service',
  async run(world) {
    const { ask, login, passwords } = world
    const service = await newAccount(world, 'a-service', ['service'])
    const own = await logIn(world, { name: service.name }, service.password, { from: '127.0.8.1' })
    const subject = (await login('victim', passwords.victim)).headers.get('x-subject-token') ?? ''
    const as = { 'x-auth-token': String(own.headers['x-subject-token']), 'x-subject-token': subject }
    const revoked = await ask('/identity/v3/auth/tokens', { as: null, method: 'DELETE', headers: as })
    const after = await ask('/v2/shares', { as: null, headers: { 'x-auth-token': subject } })
    return {
      through: after.status !== 200,
      tried: 'one token of the victim',
      cameBack: `${revoked.status}; the token then: ${after.status}`,
    }
  },
}

export const passwordRace: Attack<ApiWorld> = {
  name: 'a password changed twice',
  tries: 'changes a password that it learned, many times at once, and while an administrator resets it',
  async run(world) {
    const { service } = world
    const { userId, name, password } = await newAccount(world, 'changed-twice')
    const change = (original: string, next: string, from: string): Promise<Reply> =>
      send(world, `/identity/v3/users/${userId}/password`, {
        from,
        method: 'POST',
        body: { user: { original_password: original, password: next } },
      })
    const together = await Promise.all(
      Array.from({ length: 4 }, (_, i) => change(password, `taken ${i}`, `127.0.9.${10 + i}`)),
    )
    const won = together.filter(({ status }) => status === 204).length
    await service.auth.directory.setPassword(userId, 'known again')
    let stolen = 0
    for (let i = 0; i < 5; i++) {
      await Promise.all([
        change('known again', 'stolen', `127.0.9.${20 + i}`),
        service.auth.directory.setPassword(userId, 'reset'),
      ])
      const { status } = await logIn(world, { name }, 'reset', { from: `127.0.9.${40 + i}` })
      if (status !== 201) stolen++
      await service.auth.directory.setPassword(userId, 'known again')
    }
    return {
      through: won !== 1 || stolen > 0,
      tried: '4 changes at once, and 5 beside a reset',
      cameBack: `${counted(together)}; ${stolen} of 5 resets undone`,
    }
  },
}

export const tokensWithoutEnd: Attack<ApiWorld> = {
  name: 'tokens without end',
  tries: 'exchanges one token for others as fast as it can',
  async run(world) {
    const { name, password } = await newAccount(world, 'token-collector')
    const from = '127.0.10.1'
    const { headers } = await logIn(world, { name }, password, { from })
    const identity = { methods: ['token'], token: { id: String(headers['x-subject-token']) } }
    const began = performance.now()
    const replies: Reply[] = []
    for (let i = 0; i < 20; i++) {
      const some = Array.from({ length: 20 }, () =>
        send(world, '/identity/v3/auth/tokens', {
          from,
          method: 'POST',
          body: { auth: { identity, scope: 'unscoped' } },
        }),
      )
      replies.push(...(await Promise.all(some)))
    }
    const perMinute = loadSettings({}).auth.tokens_per_minute
    const most = perMinute + (perMinute / 60_000) * (performance.now() - began)
    const got = replies.filter(({ status }) => status === 201).length
    return { through: got > most, tried: '400 exchanges', cameBack: counted(replies) }
  },
}
