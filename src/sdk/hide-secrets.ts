/** Keeps secrets out of what is shown when debugging. */

const secretNames =
  /^(x-auth-token|x-subject-token|x-service-token|authorization|cookie|set-cookie|password|original_password|secret|auth_key|access_key|adminpass)$/i

/** A copy in which the value of every field that can hold a secret is `***`, at any depth. */
export function hideSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((one) => hideSecrets(one))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name, hidden(name, inner)] as const),
  )
}

function hidden(name: string, value: unknown): unknown {
  if (secretNames.test(name) && typeof value === 'string') return '***'
  // The token method of Keystone puts the token itself into an innocent `id`.
  if (
    name === 'token' &&
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    !('user' in value)
  ) {
    return { ...value, id: '***' }
  }
  return hideSecrets(value)
}
