/** Services: what runs where, and whether it may be given work. */
import Type from 'typebox'
import { endpoint } from '../endpoint.ts'
import { Nullable, Optional, RequiredText, Time, Word } from '../types.ts'

const Service = Type.Object({
  id: Type.Integer(),
  binary: Type.String(),
  host: Type.String(),
  zone: Nullable(Type.String()),
  status: Word(['enabled', 'disabled']),
  state: Word(['up', 'down', 'stopped']),
  updated_at: Nullable(Time),
  disabled_reason: Optional(Nullable(Type.String())),
  ensuring: Optional(Nullable(Type.Boolean())),
  // Ours, with `with_since`; null where it is not known.
  state_since: Optional(Nullable(Time)),
  /** Since when it is enabled or disabled, if it ever was told to be. */
  status_since: Optional(Nullable(Time)),
  /** Shares' instances on its backend; null for what has none. */
  instances: Optional(Nullable(Type.Integer())),
})

const Switched = Type.Object({
  host: Type.String(),
  binary: Type.String(),
  status: Word(['enabled', 'disabled']),
  disabled_reason: Optional(Nullable(Type.String())),
  ensuring: Optional(Nullable(Type.Boolean())),
})

const SwitchService = Type.Object({
  host: RequiredText(),
  binary: RequiredText(),
  // Its length is judged without the blanks around it.
  disabled_reason: Optional(Nullable(Type.String({ says: 'a string of 1 to 255 characters' }))),
})

export const listServices = endpoint({
  id: 'listServices',
  method: 'GET',
  path: '/services',
  since: 7,
  policy: 'service:index',
  status: 200,
  query: Type.Object({
    host: Optional(Type.String()),
    binary: Optional(Type.String()),
    zone: Optional(Type.String()),
    state: Optional(Type.String()),
    status: Optional(Type.String()),
    topic: Optional(Type.String()),
    ensuring: Optional(Type.String()),
    /** Ours: since when each is what it is, and what lies on its backend. */
    with_since: Optional(Type.String()),
  }),
  reply: Type.Object({ services: Type.Array(Service) }),
  summary: 'Lists services with their state.',
})
export const enableService = endpoint({
  id: 'enableService',
  method: 'PUT',
  path: '/services/enable',
  since: 7,
  policy: 'service:update',
  status: 200,
  body: SwitchService,
  reply: Switched,
  summary: 'Gives a service new shares again.',
})
export const disableService = endpoint({
  id: 'disableService',
  method: 'PUT',
  path: '/services/disable',
  since: 7,
  policy: 'service:update',
  status: 200,
  body: SwitchService,
  reply: Switched,
  summary: 'Gives a service no new shares; those it has are served as before.',
})
export const ensureShares = endpoint({
  id: 'ensureShares',
  method: 'POST',
  path: '/services/ensure-shares',
  since: 86,
  policy: 'service:ensure_shares',
  status: 202,
  // manilaclient's documents wrap the host, openstacksdk sends it bare.
  body: Type.Object({
    ensure_shares: Optional(Type.Object({ host: RequiredText() }, { says: 'an object with the host' })),
    host: Optional(RequiredText()),
  }),
  summary: 'Has a backend look after every share it serves.',
})

const legacy = { since: 0, until: 6 }
export const listServicesLegacy = endpoint({
  ...listServices,
  ...legacy,
  id: 'listServicesLegacy',
  path: '/os-services',
})
export const enableServiceLegacy = endpoint({
  ...enableService,
  ...legacy,
  id: 'enableServiceLegacy',
  path: '/os-services/enable',
})
export const disableServiceLegacy = endpoint({
  ...disableService,
  ...legacy,
  id: 'disableServiceLegacy',
  path: '/os-services/disable',
})
