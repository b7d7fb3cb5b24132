/**
 * `Idempotency-Key` on POST: the same key, caller, path, version and body within a day gives the first answer again. The
 * key and its answer are written in the transaction that creates the resource, so a crash leaves both or neither. Errors
 * are not kept.
 */
import { hash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Tx } from '../db/schema.ts'
import { forgetAnswer, keepAnswer, keptAnswer, type IdempotencyKey } from '../db/store/idempotency-keys.ts'
import { fault, invalid } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import { Reply } from './route.ts'

const keptForUs = 24 * 3600 * 1_000_000

export interface Idempotency extends IdempotencyKey {
  readonly body_hash: string
  readonly now: number
}

const sha256 = (text: string): string => hash('sha256', text, 'hex')

/** Null without the header or on other methods than POST. */
export function idempotencyOf(
  request: FastifyRequest,
  identity: Identity,
  minor: number,
  path: string,
  now: number,
): Idempotency | null {
  const header = request.headers['idempotency-key']
  const key = Array.isArray(header) ? header[0] : header
  if (request.method !== 'POST' || key === undefined) return null
  if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
    throw invalid('Idempotency-Key must be 1 to 255 printable characters without spaces.')
  }
  return {
    project_id: identity.projectId,
    user_id: identity.userId,
    method: request.method,
    path_hash: sha256(path),
    api_version: `2.${minor}`,
    idempotency_key: key,
    body_hash: sha256(JSON.stringify(request.body ?? null)),
    now,
  }
}

/** The kept answer, if this key was used within a day; 422 when it was with another body. */
export async function findKept(tx: Tx, key: Idempotency): Promise<Reply | null> {
  const row = await keptAnswer(tx, key)
  if (row === undefined) return null
  if (row.created_at < key.now - keptForUs) {
    await forgetAnswer(tx, key)
    return null
  }
  if (row.body_hash !== key.body_hash) {
    throw fault('IdempotencyMismatch', {
      message: 'This Idempotency-Key was used with another body: choose a new key.',
    })
  }
  return new Reply(row.status ?? 200, row.reply === null ? undefined : JSON.parse(row.reply))
}

export async function keepReply(tx: Tx, key: Idempotency, reply: Reply): Promise<void> {
  const { now, ...columns } = key
  await keepAnswer(tx, {
    ...columns,
    status: reply.status,
    reply: reply.body === undefined ? null : JSON.stringify(reply.body),
    created_at: now,
  })
}
