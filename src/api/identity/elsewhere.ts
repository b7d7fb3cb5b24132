/**
 * Where a real Keystone is the identity service, these paths have nothing to give and say where it is. Only configured text is in
 * the answers. Discovery (`GET /identity`) names Keystone's own URL, which clients then go on with.
 */
import type { FastifyPluginAsync } from 'fastify'
import { answer } from './faults.ts'

/** `app.register(elsewhereRoutes('https://keystone.example.org:5000'), { prefix: '/identity' })`. */
export function elsewhereRoutes(uri: string): FastifyPluginAsync {
  const bare = uri.replace(/\/+$/, '')
  const v3 = `${bare.endsWith('/v3') ? bare : `${bare}/v3`}/`
  const versions = {
    versions: {
      values: [
        {
          id: 'v3.14',
          status: 'stable',
          updated: '2020-04-07T00:00:00Z',
          links: [{ rel: 'self', href: v3 }],
          'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.identity-v3+json' }],
        },
      ],
    },
  }
  const refusal = answer(404, `This service is not the identity service: that is ${uri}`)
  return async (app) => {
    // Whatever is sent, a login with its password too, is passed over unread.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume()
      payload.on('end', () => done(null, undefined))
      payload.on('error', done)
    })
    app.get('/', (_request, reply) => reply.code(300).send(versions))
    app.setNotFoundHandler((_request, reply) =>
      reply
        .code(refusal.status)
        .header('content-type', 'application/json')
        .send(JSON.stringify(refusal.body)),
    )
  }
}
