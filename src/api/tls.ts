/** The API's certificate: read at the start, and again whenever its files change, without a connection noticing. */
import { readFileSync, statSync } from 'node:fs'
import type { Server } from 'node:https'
import { createSecureContext, type SecureContextOptions, type TlsOptions } from 'node:tls'
import type { ApiTlsSettings } from '../config/edge.ts'

/** Milliseconds between two looks: a look is two `stat`s. */
const lookEveryMs = 2000

export interface TlsLog {
  info(detail: object, message: string): void
  error(detail: object, message: string): void
}

/** What `https.createServer` takes; null where there is no TLS. Throws a sentence when the files can't be used. */
export function tlsOptions(settings: ApiTlsSettings): (SecureContextOptions & TlsOptions) | null {
  if (settings.cert_file === '') return null
  try {
    const options = {
      cert: readFileSync(settings.cert_file),
      key: readFileSync(settings.key_file),
      minVersion: settings.min_version,
      // Whoever shows none, or a strange one, needs a token.
      ...(settings.client_ca_file !== '' && {
        ca: readFileSync(settings.client_ca_file),
        requestCert: true,
        rejectUnauthorized: false,
      }),
    }
    // Refuses a key that is not the certificate's.
    createSecureContext(options)
    return options
  } catch (error) {
    throw new Error(`[api.tls] can not be used: ${(error as Error).message}`, { cause: error })
  }
}

/** New connections get a changed certificate; a broken one leaves the old in use and is told once. Until the server closes. */
export function watchCertificate(server: Server, settings: ApiTlsSettings, log: TlsLog): void {
  const stamp = (): string =>
    [settings.cert_file, settings.key_file, settings.client_ca_file]
      .map((file) => {
        const stat = statSync(file, { throwIfNoEntry: false })
        return stat === undefined ? 'gone' : `${stat.ino} ${stat.mtimeMs} ${stat.size}`
      })
      .join('; ')
  let known = stamp()
  const look = setInterval(() => {
    const now = stamp()
    if (now === known) return
    known = now
    try {
      const options = tlsOptions(settings)
      if (options !== null) server.setSecureContext(options)
      log.info({ file: settings.cert_file }, 'the certificate changed: new connections get the new one')
    } catch (error) {
      log.error({ err: error }, 'the certificate changed and can not be used: the old one stays')
    }
  }, lookEveryMs)
  look.unref()
  server.once('close', () => clearInterval(look))
}
