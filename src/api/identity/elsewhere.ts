/**
 * Where a real Keystone is the identity service, these paths have nothing to give and say where it is: stock clients print the
 * sentence. Only configured text is in it. (A version document that names Keystone would not help: keystoneauth takes of such
 * links only the path.)
 */
import type { FastifyPluginAsync } from 'fastify'
import { answer } from './faults.ts'

/** `app.register(elsewhereRoutes('https://keystone.example.org:5000'), { prefix: '/identity' })`. */
export function elsewhereRoutes(uri: string): FastifyPluginAsync {
  const { status, body } = answer(404, `This service is not the identity service: that is ${uri}`)
  const text = JSON.stringify(body)
  return async (app) => {
    // Whatever is sent, a login with its password too, is passed over unread.
    app.removeAllContentTypeParsers()
    app.addContentTypeParser('*', (_request, payload, done) => {
      payload.resume()
      payload.on('end', () => done(null, undefined))
      payload.on('error', done)
    })
    app.setNotFoundHandler((_request, reply) =>
      reply.code(status).header('content-type', 'application/json').send(text),
    )
  }
}
