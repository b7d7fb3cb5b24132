/** The dashboard's files: assets that never change, and one page for everything else, with a nonce of its own and a policy that names it. */
import { randomBytes } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { holds } from '../etags.ts'
import type { BuiltFolder, BuiltFile, Encoding } from './built-folder.ts'

/** What the build leaves in the page for the nonce. */
const placeholder = '__NONCE__'

/** For everything below /dashboard. */
const always: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
}

/**
 * Nothing but what we serve, no inline script, nothing evaluated, nobody's frame. Styles that the component library makes while it
 * runs carry the nonce.
 */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "script-src-attr 'none'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "manifest-src 'self'",
    "base-uri 'self'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

const forPages: Readonly<Record<string, string>> = {
  ...always,
  'cache-control': 'no-store',
  'content-type': 'text/html; charset=utf-8',
  'cross-origin-opener-policy': 'same-origin',
  'x-frame-options': 'DENY',
  'permissions-policy':
    'accelerometer=(), autoplay=(), camera=(), clipboard-read=(), clipboard-write=(self), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), screen-wake-lock=(), usb=(), xr-spatial-tracking=()',
}

/** An image that is opened by itself is a page, too, and may bring a script. */
const filePolicy = "default-src 'none'; style-src 'unsafe-inline'; sandbox"
/** A worker has its script's policy and not its page's. */
const workerPolicy = "default-src 'none'; script-src 'self'; connect-src 'self'"

const notBuilt = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>The dashboard is not built</title>
<h1>The dashboard is not built</h1>
<p>Run <code>npm run build</code> in the folder of the service, or name the folder of a build in <code>[dashboard] dir</code>. It is noticed without a restart.</p>
</html>
`

/** `GET` and `HEAD` of `/dashboard` and everything below it that has no route of its own. */
export function servePages(app: FastifyInstance, folder: BuiltFolder): void {
  const handler = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    answer(folder, request, reply)
  for (const url of ['/dashboard', '/dashboard/*']) app.route({ method: ['GET', 'HEAD'], url, handler })
}

async function answer(
  folder: BuiltFolder,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const [path = '', query] = request.url.split(/\?(.*)/s, 2)
  if (path === '/dashboard') {
    return reply
      .code(302)
      .headers({ ...always, 'cache-control': 'no-store', location: `/dashboard/${query ? `?${query}` : ''}` })
      .send()
  }
  const built = folder.look()
  if (built === null) {
    return reply
      .code(503)
      .headers({ ...forPages, 'content-security-policy': "default-src 'none'; frame-ancestors 'none'" })
      .send(notBuilt)
  }
  // As it was sent: names of ours need no escapes, and what has some names none of them.
  const name = path.slice('/dashboard/'.length)
  const file = built.files.get(name)
  if (file !== undefined) return sendFile(file, name.startsWith('assets/'), request, reply)
  // A page in the place of a script that is gone would only break later, and say less.
  if (name.startsWith('assets/')) return missing(reply)
  const page = await built.page.content(null)
  if (page === null) return missing(reply)
  const nonce = randomBytes(16).toString('base64')
  return reply
    .code(200)
    .headers({ ...forPages, 'content-security-policy': pagePolicy(nonce) })
    .send(page.bytes.toString('utf8').replaceAll(placeholder, nonce))
}

const missing = (reply: FastifyReply): FastifyReply =>
  reply
    .code(404)
    .headers({ ...always, 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' })
    .send('There is no such file.\n')

async function sendFile(
  file: BuiltFile,
  isForEver: boolean,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const encoding = chooseEncoding(request.headers['accept-encoding'], file)
  const content = await file.content(encoding)
  if (content === null) return missing(reply)
  reply.headers({
    ...always,
    'content-type': file.type,
    'content-security-policy': file.type.startsWith('text/javascript') ? workerPolicy : filePolicy,
    'cache-control': isForEver ? 'public, max-age=31536000, immutable' : 'no-cache',
    etag: content.etag,
    ...(file.encodings.size === 0 ? {} : { vary: 'Accept-Encoding' }),
    ...(encoding === null ? {} : { 'content-encoding': encoding }),
  })
  if (holds(request.headers['if-none-match'], content.etag)) return reply.code(304).send()
  return reply.code(200).send(content.bytes)
}

/** The smallest form that the client takes (RFC 9110, 12.5.3); null = as it is. */
export function chooseEncoding(
  header: string | string[] | undefined,
  { encodings }: Pick<BuiltFile, 'encodings'>,
): Encoding | null {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '')
  const taken = new Map<string, number>()
  for (const part of text.split(',', 50)) {
    const [coding = '', ...parameters] = part.split(';').map((one) => one.trim().toLowerCase())
    const q = parameters.find((one) => one.startsWith('q='))
    taken.set(coding, q === undefined ? 1 : Number(q.slice(2)) || 0)
  }
  const wish = (encoding: Encoding): number => taken.get(encoding) ?? taken.get('*') ?? 0
  for (const encoding of ['br', 'gzip'] as const) {
    if (encodings.has(encoding) && wish(encoding) > 0) return encoding
  }
  return null
}
