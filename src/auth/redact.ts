/**
 * What no log line may hold. The logger is built with these paths (`pino({ redact: { paths: redactPaths, censor } })`), so
 * that a careless `log.info({ req })` shows a censored token. Paths follow pino's syntax; `*` is one level.
 */
const headers = [
  'x-auth-token',
  'x-subject-token',
  'x-service-token',
  'x-storage-token',
  'authorization',
  'cookie',
  'set-cookie',
]
const fields = [
  'password',
  'original_password',
  'adminPass',
  'secret',
  'token',
  'authToken',
  'private_key',
  'encryption_key',
  'password_hash',
  'secret_hash',
]

const holders = [
  '',
  'headers.',
  'req.headers.',
  'request.headers.',
  'res.headers.',
  'reply.headers.',
  'err.headers.',
]
const bodies = [
  '',
  '*.',
  '*.*.',
  'body.*.',
  'body.*.*.',
  'auth.identity.*.',
  'auth.identity.*.user.',
  'body.auth.identity.*.',
  'body.auth.identity.*.user.',
  'req.body.*.',
  'req.body.*.*.',
  'req.body.auth.identity.*.',
  'req.body.auth.identity.*.user.',
]

export const redactCensor = '[secret]'

/** For pino's `redact.paths`. */
export const redactPaths: readonly string[] = [
  ...holders.flatMap((holder) => headers.map((name) => `${holder.replace(/\.$/, '')}["${name}"]`)),
  ...bodies.flatMap((body) => fields.map((name) => `${body}${name}`)),
  // The token method names its token `id`.
  'auth.identity.token.id',
  'body.auth.identity.token.id',
  'req.body.auth.identity.token.id',
]
