/** How clients reach the API: TLS, and pages of other origins. */
import Type, { type Static } from 'typebox'

export const ApiTls = Type.Object({
  cert_file: Type.String({
    description: 'Certificate (PEM) the API shows, with those between it and its authority; empty = no TLS.',
    default: '',
  }),
  key_file: Type.String({
    description:
      'Its key (PEM). Both files are looked at every 2 s and read again when they changed; a pair that does not fit is told in the log and not used.',
    default: '',
  }),
  min_version: Type.Enum(['TLSv1.2', 'TLSv1.3'], {
    description: 'Oldest version of TLS that is spoken.',
    default: 'TLSv1.2',
  }),
  client_ca_file: Type.String({
    description:
      'Authority (PEM) whose certificates clients may show in place of a token: those of [[api.tls.clients]]. Not for people, and of this use alone: whatever it signs is believed. Empty = none is asked for.',
    default: '',
  }),
  clients: Type.Array(
    Type.Object(
      {
        name: Type.String({ description: 'Common name (CN) of the subject.', minLength: 1 }),
        user: Type.String({ description: 'Name of the account it stands for.', minLength: 1 }),
        user_domain: Type.Optional(Type.String({ description: 'Name of its domain.', default: 'Default' })),
        project: Type.String({ description: 'Name of the project in which it acts.', minLength: 1 }),
        project_domain: Type.Optional(
          Type.String({ description: 'Name of its domain.', default: 'Default' }),
        ),
      },
      { additionalProperties: false },
    ),
    {
      description:
        'Certificates of service accounts. A request that brings a token is judged by the token alone.',
      default: [],
    },
  ),
})

export const ApiCors = Type.Object({
  origins: Type.Array(
    Type.String({
      pattern: '^https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?$|^https?://\\[[0-9A-Fa-f:.]+\\](:[0-9]{1,5})?$',
      says: 'an origin such as https://dashboard.example.org',
    }),
    {
      description:
        'Origins whose pages may call the API from a browser, exactly as the browser names them; never with cookies or other credentials of its own. Empty = none.',
      default: [],
    },
  ),
  max_age_s: Type.Integer({
    description: 'Seconds for which a browser need not ask again whether it may.',
    default: 600,
    minimum: 0,
    maximum: 86_400,
  }),
})

export type ApiTlsSettings = Static<typeof ApiTls>
export type ApiCorsSettings = Static<typeof ApiCors>
