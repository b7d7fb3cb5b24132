/** `service list`: services and the backends behind them, as last written. */
import { backendHealth } from '../db/store/health.ts'
import { listServices } from '../db/store/services-read.ts'
import { isoMicros, systemClock } from '../runtime/clock.ts'
import { columns } from './columns.ts'
import { withStore } from './database.ts'
import type { Verb } from './verb.ts'

export const serviceList: Verb = {
  name: 'service list',
  summary: 'list services and the health of their backends',
  help: `What the database says about every service: stopped cleanly, up, or down (no heartbeat for [shares] service_down_time_s), and why
its backend is not ready. While a service has the database open, ask it instead: manila service list.`,
  run({ settings: load }) {
    const settings = load()
    return withStore(settings, 'current', async ({ db }) => {
      const upSince = systemClock().now() - settings.shares.service_down_time_s * 1_000_000
      const health = new Map((await backendHealth(db)).map((row) => [row.label, row]))
      const services = (await listServices(db, {})).map((row) => ({
        binary: row.binary_name,
        host: row.host,
        zone: row.zone_name,
        status: row.disabled === 1 ? 'disabled' : 'enabled',
        disabled_reason: row.disabled_reason,
        state: row.stopped === 1 ? 'stopped' : row.heartbeat_at > upSince ? 'up' : 'down',
        heartbeat_at: isoMicros(row.heartbeat_at),
        backend: health.get(row.host)?.health ?? null,
        backend_reason: health.get(row.host)?.health_reason ?? null,
      }))
      return {
        code: 0,
        data: services,
        text: columns(
          ['BINARY', 'HOST', 'ZONE', 'STATUS', 'STATE', 'HEARTBEAT', 'BACKEND', 'REASON'],
          services.map((one) => [
            one.binary,
            one.host,
            one.zone ?? '-',
            one.status,
            one.state,
            one.heartbeat_at,
            one.backend ?? '-',
            one.backend_reason ?? one.disabled_reason ?? '',
          ]),
        ),
      }
    })
  },
}
