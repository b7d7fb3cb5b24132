/** A Keystone that is asked who presents a token: `[auth.keystone]`. Names as in `[keystone_authtoken]` where they mean the same. */
import Type, { type Static } from 'typebox'

const text = (description: string, value: string) => Type.String({ description, default: value })
const count = (description: string, value: number, minimum: number, maximum: number) =>
  Type.Integer({ description, default: value, minimum, maximum })
const flag = (description: string, value: boolean) => Type.Boolean({ description, default: value })
const url = (description: string) =>
  Type.String({
    description,
    default: '',
    pattern: '^(https?://[A-Za-z0-9._~:/\\[\\]-]+)?$',
    says: 'a URL such as https://keystone.example.org:5000/v3',
  })

export const Keystone = Type.Object({
  auth_url: url(
    'Where Keystone is: https://keystone.example.org:5000/v3; without /v3 at its end that is added.',
  ),
  www_authenticate_uri: url(
    'Where clients are sent who have no valid token: what they call Keystone by; empty takes auth_url.',
  ),
  username: text('Own account, that of the service, which may check tokens of others.', 'manila'),
  password: text('Its password; { file = "/etc/manila/keystone-password" } keeps it elsewhere.', ''),
  user_domain_name: text('Domain of the account.', 'Default'),
  user_domain_id: text('Its id, instead of its name; empty takes the name.', ''),
  project_name: text('Project in which the account has its role (service or admin).', 'service'),
  project_domain_name: text('Domain of that project.', 'Default'),
  project_domain_id: text('Its id, instead of its name; empty takes the name.', ''),
  interface: Type.Enum(['', 'public', 'internal', 'admin'], {
    description:
      "Endpoint of the identity service in Keystone's catalog at which tokens are checked; empty takes auth_url itself.",
    default: '',
  }),
  region_name: text('Region of that endpoint; empty takes the first one.', ''),
  service_type: text(
    'A further name of this service in access rules of application credentials; shared-file-system, sharev2 and share are always understood.',
    'shared-file-system',
  ),
  service_token_roles: Type.Array(Type.String(), {
    description:
      'Roles of which the holder of X-Service-Token needs one to go on with a token of a user that expired meanwhile.',
    default: ['service'],
  }),
  service_token_roles_required: flag(
    'Refuse every X-Service-Token whose holder has none of those roles.',
    true,
  ),
  token_cache_time_s: count(
    'Seconds a checked token is believed without asking again, the longest that a revoked one goes on; also how long those who are known go on while Keystone is away. 0 asks every time.',
    60,
    0,
    3600,
  ),
  invalid_cache_time_s: count(
    'Seconds a token that Keystone does not know is refused without asking again.',
    5,
    0,
    300,
  ),
  timeout_s: count(
    'Seconds the check of one token may take, further tries included; past them the answer is 503.',
    5,
    1,
    60,
  ),
  retries: count('Further tries when a connection fails.', 3, 0, 10),
  connections: count('Connections that one process keeps to Keystone at most.', 16, 1, 256),
  max_waiting: count(
    'Checks that one process has under way at most; further ones are answered 503 at once.',
    256,
    1,
    10_000,
  ),
  ca_file: text("Certificates (PEM) that may have signed Keystone's; empty trusts those of the system.", ''),
  cert_file: text('Own certificate (PEM) for a Keystone that asks for one; empty = none.', ''),
  key_file: text('Key (PEM) of cert_file.', ''),
  insecure: flag(
    "Don't look at Keystone's certificate: whoever is in between can be anybody. For trying only.",
    false,
  ),
  allow_plaintext: flag(
    'Speak without TLS to a Keystone on another host: only where the network between them is protected otherwise.',
    false,
  ),
})

export type KeystoneSettings = Static<typeof Keystone>
