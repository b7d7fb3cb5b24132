/** Attacks with tokens that nobody was given: made up, altered, signed by other means, ended. */
import { readFileSync } from 'node:fs'
import { createHmac } from 'node:crypto'
import { join } from 'node:path'
import {
  CompactSign,
  exportJWK,
  exportSPKI,
  generateKeyPair,
  importJWK,
  type CryptoKey,
  type JWK,
} from 'jose'
import { openSigningKeys } from '../../../src/auth/keys.ts'
import { newAuditId, TokenSigner } from '../../../src/auth/tokens.ts'
import type { Attack } from '../attack.ts'
import { counted, logIn, newAccount, send, type Reply } from './strangers.ts'
import type { ApiWorld } from './world.ts'

const json = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const keyFileOf = ({ dir }: ApiWorld): string => join(dir, 'token-key.json')

/** Everywhere that a token is looked at: as the caller's, as a service's, as the one that is asked about, as one to be exchanged. */
async function tryToken(world: ApiWorld, token: string, from: string): Promise<Reply[]> {
  const own = await tokenOf(world, from)
  const exchange = { auth: { identity: { methods: ['token'], token: { id: token } } } }
  const replies = [
    await send(world, '/v2/shares', { from, headers: { 'x-auth-token': token } }),
    await send(world, '/v2/shares', {
      from,
      headers: { 'x-auth-token': own, 'x-service-token': token },
    }),
    await send(world, '/identity/v3/auth/catalog', { from, headers: { 'x-auth-token': token } }),
    await send(world, '/identity/v3/auth/tokens', { from, method: 'POST', body: exchange }),
  ]
  return replies
}

const tokens = new WeakMap<ApiWorld, string>()

/** One of the attacker's, fetched once. */
async function tokenOf(world: ApiWorld, from: string): Promise<string> {
  const known = tokens.get(world)
  if (known !== undefined) return known
  const { headers } = await logIn(world, { name: 'attacker' }, world.passwords.attacker, { from })
  const token = String(headers['x-subject-token'])
  tokens.set(world, token)
  return token
}

async function judged(world: ApiWorld, tried: readonly string[], from: string) {
  const replies: Reply[] = []
  for (const token of tried) replies.push(...(await tryToken(world, token, from)))
  const faults = replies.filter(({ status }) => status < 400 || status >= 500)
  return {
    through: faults.length > 0,
    tried: `${tried.length} tokens, each in four places`,
    cameBack: counted(replies),
  }
}

/** The parts of the attacker's token; and the claims of one of the victim's, as a log or a proxy may have leaked them. */
async function tokenPieces(world: ApiWorld, from: string) {
  const token = await tokenOf(world, from)
  const [header = '', payload = '', signature = ''] = token.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>
  const leaked = String(
    (await logIn(world, { name: 'victim' }, world.passwords.victim, { from })).headers['x-subject-token'],
  )
  const stolen = JSON.parse(Buffer.from(leaked.split('.')[1] ?? '', 'base64url').toString()) as object
  const { kid } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { kid: string }
  return { token, header, payload, signature, claims, stolen, kid }
}

export const forgedTokens: Attack<ApiWorld> = {
  name: 'forged and altered tokens',
  tries: 'puts the victim into a token of its own, cuts it, mixes two, signs with a key of its own',
  async run(world) {
    const from = '127.0.31.1'
    const { header, payload, signature, claims, stolen, kid } = await tokenPieces(world, from)
    const second = await logIn(world, { name: 'attacker' }, world.passwords.attacker, { from })
    const [, otherPayload = '', otherSignature = ''] = String(second.headers['x-subject-token']).split('.')
    const own = await generateKeyPair('ES256', { extractable: true })
    const jwk = await exportJWK(own.publicKey)
    const signed = (more: object, key = own.privateKey): Promise<string> =>
      new CompactSign(Buffer.from(JSON.stringify(stolen)))
        .setProtectedHeader({ alg: 'ES256', ...more })
        .sign(key)
    return judged(
      world,
      [
        `${header}.${json(stolen)}.${signature}`,
        `${header}.${json({ ...claims, exp: 9e9 })}.${signature}`,
        `${header}.${json({ ...claims, scp: 's:all' })}.${signature}`,
        `${header}.${payload}.${otherSignature}`,
        `${header}.${otherPayload}.${signature}`,
        `${header}.${payload}.`,
        `${header}.${payload}`,
        `${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`,
        `${header}.${payload}.${signature}.${signature}`,
        `${header}.${payload}.${signature.slice(0, -4)}`,
        await signed({ kid }),
        await signed({ kid: 'mine' }),
        await signed({}),
        await signed({ kid, jwk }),
        await signed({ kid: '../../../../tmp/key.json', jwk }),
        await signed({ kid: 'mine', jwk, jku: 'http://127.0.0.1:9/keys.json', x5u: 'http://127.0.0.1:9/x' }),
        await signed({ kid: "' or ''='" }),
        await signed({ kid: '__proto__' }),
        'x'.repeat(5000),
        'admin:admin',
        '..',
      ],
      from,
    )
  },
}

export const confusedAlgorithms: Attack<ApiWorld> = {
  name: 'algorithm confusion',
  tries: 'names another algorithm: none, or an HMAC whose secret is the public key that checks tokens',
  async run(world) {
    const from = '127.0.31.2'
    const { kid, stolen } = await tokenPieces(world, from)
    // Whoever checks tokens elsewhere has it; it is no secret.
    const { keys } = JSON.parse(readFileSync(keyFileOf(world), 'utf8')) as { keys: JWK[] }
    const { d: _secret, ...open } = keys.find((key) => key.kid === kid) ?? {}
    const spki = await exportSPKI((await importJWK({ ...open, ext: true }, 'ES256')) as CryptoKey)
    const secrets: (string | Buffer)[] = [
      spki,
      spki.trim(),
      Buffer.from(spki.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64'),
      JSON.stringify(open),
      Buffer.from(`${open.x}${open.y}`, 'base64url'),
      String(open.x),
      '',
    ]
    const hmacs = secrets.flatMap((secret) =>
      [256, 384, 512].map((bits) => {
        const text = `${json({ alg: `HS${bits}`, kid })}.${json(stolen)}`
        return `${text}.${createHmac(`sha${bits}`, secret).update(text).digest('base64url')}`
      }),
    )
    const nones = ['none', 'None', 'NONE', 'nOnE', '', null].map(
      (alg) => `${json({ alg, kid })}.${json(stolen)}.`,
    )
    const others = ['RS256', 'PS256', 'ES384', 'ES512', 'EdDSA', 'ES256K', 'dir'].map(
      (alg) => `${json({ alg, kid })}.${json(stolen)}.${Buffer.alloc(64).toString('base64url')}`,
    )
    const odd = [
      { alg: 'ES256', kid, b64: false, crit: ['b64'] },
      { alg: ['ES256', 'none'], kid },
      { alg: 'ES256', kid: [kid] },
      { alg: 'ES256', kid, crit: ['x'], x: 1 },
    ].map((header) => `${json(header)}.${json(stolen)}.${Buffer.alloc(64).toString('base64url')}`)
    return judged(world, [...hmacs, ...nones, ...others, ...odd], from)
  },
}

export const endedTokens: Attack<ApiWorld> = {
  name: 'tokens that have ended',
  tries:
    'goes on with tokens that expired, were given back, or are older than a new password or a lost account',
  async run(world) {
    const from = '127.0.31.3'
    const { service } = world
    const account = await newAccount(world, 'with-old-tokens')
    const fresh = async (password = account.password): Promise<string> =>
      String((await logIn(world, { name: account.name }, password, { from })).headers['x-subject-token'])
    const rightNow = await fresh()
    const works = await send(world, '/v2/shares', { from, headers: { 'x-auth-token': rightNow } })
    if (works.status !== 200) throw new Error(`a fresh token does not work: ${works.status} ${works.text}`)

    const given = await fresh()
    const own = { 'x-auth-token': given, 'x-subject-token': given }
    await send(world, '/identity/v3/auth/tokens', { from, method: 'DELETE', headers: own })

    // Well signed: only its time is over.
    const valid = await service.auth.validate(rightNow)
    if (valid === null) throw new Error('a fresh token is not valid')
    const signer = new TokenSigner(await openSigningKeys(keyFileOf(world)), keyFileOf(world))
    const now = service.clock.now()
    const signed = (ago: number): Promise<string> =>
      signer.sign({
        ...valid.claims,
        auditIds: [newAuditId()],
        issuedAt: now - 3_600_000_000,
        expiresAt: now - ago,
      })
    const expired = [await signed(1), await signed(1_000_000), await signed(86_400_000_000)]
    const after = [await judged(world, [given, ...expired], from)]

    await service.auth.directory.updateUser(account.userId, { password: 'another one 9' })
    after.push(await judged(world, [rightNow], from))
    const last = await fresh('another one 9')
    await service.auth.directory.updateUser(account.userId, { enabled: false })
    after.push(await judged(world, [last], from))
    return {
      through: after.some(({ through }) => through),
      tried: '4 tokens that ended, 1 from before a new password, 1 of a disabled account',
      cameBack: after.map(({ cameBack }) => cameBack).join('; '),
    }
  },
}
