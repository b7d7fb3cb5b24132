/**
 * The dashboard, served beside the API: its built files, what its pages must know of the place, and the sessions of browsers. Its pages
 * ask the same API as everybody else; served from elsewhere they do so with a token of their own.
 */
import { join } from 'node:path'
import type { FastifyPluginAsync, FastifyRequest } from 'fastify'
import type { DashboardSettings } from '../../config/dashboard.ts'
import type { Clock } from '../../runtime/clock.ts'
import { version } from '../../runtime/version.ts'
import { jsonOf } from '../json-body.ts'
import { BuiltFolder } from './built-folder.ts'
import { servePages } from './pages.ts'
import { refuse, sessionRoutes, type SessionRouteParts } from './session-routes.ts'

export interface DashboardParts extends SessionRouteParts {
  readonly settings: DashboardSettings
  readonly clock: Clock
  /** Where the identity service is; null = here. */
  readonly identityUri: string | null
}

const usualDir = join(import.meta.dirname, '../../../build/dashboard')

/** `app.register(dashboardRoutes(parts))`. */
export function dashboardRoutes(parts: DashboardParts): FastifyPluginAsync {
  const { settings, clock, identityUri } = parts
  const folder = new BuiltFolder(settings.dir === '' ? usualDir : settings.dir, () => clock.now())
  return async (app) => {
    // At the start: the first page need not wait for it.
    folder.look()
    app.removeAllContentTypeParsers()
    app.addContentTypeParser(
      'application/json',
      { parseAs: 'buffer' },
      async (request: FastifyRequest, bytes: Buffer) => jsonOf(bytes, request.headers['content-type']),
    )
    app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, _bytes, done) => done(null, undefined))
    app.setErrorHandler((error, request, reply) => refuse(parts.audit, error, request, reply))
    sessionRoutes(app, parts)
    app.route({
      method: ['GET', 'HEAD'],
      url: '/dashboard/config.json',
      handler: (_request, reply) =>
        reply
          .headers({
            'cache-control': 'no-store',
            'content-type': 'application/json',
            'x-content-type-options': 'nosniff',
          })
          .send(
            JSON.stringify({
              session: 'cookie',
              // Of the page's own origin, whatever the browser calls that: cookie and policy are for no other.
              endpoint: '/v2',
              identity: identityUri ?? '/identity',
              identity_is_ours: identityUri === null,
              release: version,
            }),
          ),
    })
    servePages(app, folder)
  }
}
