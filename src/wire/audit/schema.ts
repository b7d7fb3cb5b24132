/** Who did what, ours beyond Manila: logins, changes and refusals, in the words of CADF. For administrators. */
import Type from 'typebox'
import { auditActions, auditOutcomes } from '../../model/audit.ts'
import { endpoint } from '../endpoint.ts'
import { Links, Optional } from '../types.ts'

const text = Type.String()

/** Which of these there are depends on what is known; nothing else of a request is kept. */
const AuditEvent = Type.Object({
  typeURI: text,
  id: text,
  eventType: text,
  /** `2026-08-21T11:05:00.123456Z` */
  eventTime: text,
  action: text,
  outcome: text,
  reason: Type.Object({ reasonType: text, reasonCode: text }),
  /** The route, without its ids. */
  operation: text,
  initiator: Type.Object({
    typeURI: text,
    id: Optional(text),
    name: Optional(text),
    domain_id: Optional(text),
    project_id: Optional(text),
    request_id: Optional(text),
    credential: Type.Object({
      type: Optional(text),
      application_credential_id: Optional(text),
      token_id: Optional(text),
      token_hash: Optional(text),
    }),
    host: Type.Object({ address: Optional(text), agent: Optional(text) }),
  }),
  target: Type.Object({
    typeURI: text,
    id: Optional(text),
    path: Optional(text),
    project_id: Optional(text),
  }),
  observer: Type.Object({ typeURI: text, id: text }),
  /** Of refusals and the like, one event counts those of a minute. */
  count: Type.Integer(),
  lastTime: text,
})

const oneOf = (words: readonly string[]) =>
  Type.Union(
    words.map((word) => Type.Literal(word)),
    { says: `one of ${words.join(', ')}` },
  )
const named = (maxLength: number) =>
  Type.String({ minLength: 1, maxLength, says: `a text of 1 to ${maxLength} characters` })

export const listAuditEvents = endpoint({
  id: 'listAuditEvents',
  method: 'GET',
  path: '/audit',
  policy: 'audit:get_all',
  status: 200,
  query: Type.Object(
    {
      user_id: Optional(named(255)),
      project_id: Optional(named(64)),
      target_type: Optional(named(64)),
      target_id: Optional(named(255)),
      target_project_id: Optional(named(64)),
      action: Optional(oneOf(auditActions)),
      outcome: Optional(oneOf(auditOutcomes)),
      address: Optional(named(64)),
      request_id: Optional(named(64)),
      since: Optional(text),
      until: Optional(text),
      limit: Optional(text),
      marker: Optional(named(64)),
      page_reverse: Optional(text),
      sort_dir: Optional(text),
    },
    { additionalProperties: false },
  ),
  reply: Type.Object({ audit: Type.Array(AuditEvent), audit_links: Optional(Links) }),
  summary: 'Lists who did what, newest first.',
})
