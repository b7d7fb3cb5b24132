/**
 * `Idempotency-Key` on POST: the same key, caller, path, version and body within a day gives the first answer again. The
 * key and its answer are written in the transaction that creates the resource, so a crash leaves both or neither. Errors
 * are not kept.
 */
import { createHash } from 'node:crypto'
import type { FastifyRequest } from 'fastify'
import type { Tx } from '../db/schema.ts'
import { fault, invalid } from '../model/errors.ts'
import type { Identity } from '../model/identity.ts'
import { Reply } from './route.ts'

const keptForUs = 24 * 3600 * 1_000_000

export interface Idempotency {
  readonly project_id: string
  readonly user_id: string
  readonly method: string
  readonly path_hash: string
  readonly api_version: string
  readonly idempotency_key: string
  readonly body_hash: string
  readonly now: number
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

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
  const row = await whereKey(tx, key).selectAll().executeTakeFirst()
  if (row === undefined) return null
  if (row.created_at < key.now - keptForUs) {
    await tx
      .deleteFrom('idempotency_keys')
      .where('project_id', '=', key.project_id)
      .where('user_id', '=', key.user_id)
      .where('method', '=', key.method)
      .where('path_hash', '=', key.path_hash)
      .where('api_version', '=', key.api_version)
      .where('idempotency_key', '=', key.idempotency_key)
      .execute()
    return null
  }
  if (row.body_hash !== key.body_hash) {
    throw fault('IdempotencyMismatch', {
      message: 'This Idempotency-Key was used with another body: choose a new key.',
    })
  }
  return new Reply(row.status ?? 200, row.reply === null ? undefined : JSON.parse(row.reply))
}

export async function keep(tx: Tx, key: Idempotency, reply: Reply): Promise<void> {
  const { now, ...columns } = key
  await tx
    .insertInto('idempotency_keys')
    .values({
      ...columns,
      status: reply.status,
      reply: reply.body === undefined ? null : JSON.stringify(reply.body),
      created_at: now,
    })
    .execute()
}

const whereKey = (tx: Tx, key: Idempotency) =>
  tx
    .selectFrom('idempotency_keys')
    .where('project_id', '=', key.project_id)
    .where('user_id', '=', key.user_id)
    .where('method', '=', key.method)
    .where('path_hash', '=', key.path_hash)
    .where('api_version', '=', key.api_version)
    .where('idempotency_key', '=', key.idempotency_key)
