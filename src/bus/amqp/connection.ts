/** One connection to the broker, as the settings say. It is made again whenever it is lost. */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { Connection } from 'rabbitmq-client'
import type { BusSettings } from '../../config/schema.ts'

/** Milliseconds: the first pause before another try; a queue whose process is back must not wait longer. */
const firstPauseMs = 500

/** Throws when a certificate can't be read; everything else is tried again for ever. */
export function connectTo(settings: BusSettings, service: string): Connection {
  const { url, hosts, ca_file: ca, cert_file: cert, key_file: key } = settings
  const isTls = url.startsWith('amqps:')
  return new Connection({
    url,
    ...(hosts.length === 0 ? {} : { hosts: [...hosts] }),
    ...(isTls
      ? {
          tls: {
            ...(ca === '' ? {} : { ca: readFileSync(ca) }),
            ...(cert === '' ? {} : { cert: readFileSync(cert) }),
            ...(key === '' ? {} : { key: readFileSync(key) }),
          },
        }
      : {}),
    connectionName: `${service} ${hostname()}/${process.pid}`,
    // With Nagle's algorithm each small round trip costs 40 ms.
    noDelay: true,
    heartbeat: settings.heartbeat_s,
    retryLow: firstPauseMs,
    retryHigh: settings.reconnect_s * 1000,
    connectionTimeout: 5000,
    acquireTimeout: 20_000,
  })
}

/** The URL without its password, for logs. */
export function withoutPassword(url: string): string {
  try {
    const parsed = new URL(url)
    if (parsed.password !== '') parsed.password = '***'
    return parsed.href
  } catch {
    return 'an URL that can’t be read'
  }
}
