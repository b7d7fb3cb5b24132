/**
 * Answers that a client has already are not sent again. The tag is made of the very text, so it can't be out of date, whatever changed
 * the rows and however: a poll that changes nothing costs its one read and a head.
 */
import { hash } from 'node:crypto'
import type { FastifyReply, FastifyRequest } from 'fastify'

/** Characters of an answer whose tag costs next to nothing. A longer one has a tag only for who asks with one, any one. */
const alwaysTagged = 16 * 1024

/** Gives an answer to GET its tag. True when the client has it: then 304 without a body is the answer. */
export function tagged(request: FastifyRequest, reply: FastifyReply, text: string): boolean {
  if (request.method !== 'GET') return false
  const held = request.headers['if-none-match']
  if (held === undefined && text.length > alwaysTagged) return false
  const tag = `"${hash('sha1', text, 'base64url')}"`
  reply.header('etag', tag)
  return holds(held, tag)
}

/** Whether `If-None-Match` names this tag. RFC 9110, 13.1.2: weakly, since a proxy that compresses marks tags so. */
export function holds(header: string | undefined, tag: string): boolean {
  if (header === undefined) return false
  return header.trim() === '*' || header.split(',').some((one) => one.trim().replace(/^W\//, '') === tag)
}
