/** How a database URL asks for TLS; a certificate to check by asks for all of it. */
export const sslModeOf = (query: URLSearchParams): string =>
  query.get('sslmode') ?? (query.has('sslrootcert') ? 'verify-full' : 'disable')
