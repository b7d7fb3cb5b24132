/**
 * What no log line may hold: tokens, passwords, secrets. The logger is built with
 * `pino({ formatters: { log: redactSecrets }, redact: { paths: [...redactPaths], censor: redactCensor } })`: the function
 * censors what is logged, at any depth; the paths censor what pino's serializers make of requests and errors after it.
 * The paths hold no `*`: with wildcards a line took 94 µs instead of 3.
 */
const headers = [
  'x-auth-token',
  'x-subject-token',
  'x-service-token',
  'x-storage-token',
  'authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
]
const fields = [
  'password',
  'original_password',
  'bind_password',
  'adminpass',
  'secret',
  'token',
  'authtoken',
  'private_key',
  'encryption_key',
  'access_key',
  'password_hash',
  'secret_hash',
  'serialized_key',
]

export const redactCensor = '[secret]'

const secretNames: ReadonlySet<string> = new Set([...headers, ...fields])

/** Deeper than anything we log; what lies below is not shown at all. */
const maxDepth = 8

/**
 * The object with every value under a secret's name censored, whatever the letter case. A whole object under such a name
 * (`{ token: { id } }`) is censored whole. Errors and class instances pass: pino's serializers decide what they show.
 */
export function redactSecrets(content: Record<string, unknown>): Record<string, unknown> {
  return redact(content, 0) as Record<string, unknown>
}

function redact(value: unknown, depth: number): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (depth > maxDepth) return '[deep]'
  if (Array.isArray(value)) return value.map((one) => redact(one, depth + 1))
  const prototype: unknown = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return value
  const copy: Record<string, unknown> = {}
  for (const [name, inner] of Object.entries(value)) {
    const isSecret = inner !== null && inner !== undefined && secretNames.has(name.toLowerCase())
    copy[name] = isSecret ? redactCensor : redact(inner, depth + 1)
  }
  return copy
}

const holders = [
  '',
  'headers',
  'req.headers',
  'request.headers',
  'res.headers',
  'reply.headers',
  'err.headers',
]

/** For pino's `redact.paths`. */
export const redactPaths: readonly string[] = [
  ...holders.flatMap((holder) => headers.map((name) => `${holder}["${name}"]`)),
  ...['', 'err.', 'body.', 'req.body.'].flatMap((holder) => fields.map((name) => `${holder}${name}`)),
]
