/** Options of `exporter = "ganesha"`; the generated configuration reference prints the sentences. */
import { Type, type Static } from 'typebox'

export const ganeshaOptions = Type.Object(
  {
    bind_address: Type.String({
      pattern: '^[0-9A-Fa-f.:]{2,45}$',
      default: '127.0.0.1',
      description: 'The address that NFS is served on; 0.0.0.0 for all.',
    }),
    require_bind_address: Type.Boolean({
      default: false,
      description:
        'Refuse to serve where NFS-Ganesha listens on every address in spite of bind_address (4.3 does on hosts whose only IPv6 address is ::1); otherwise that is only logged. Servers per project always refuse.',
    }),
    servers: Type.Union([Type.Literal('shared'), Type.Literal('per-project')], {
      default: 'shared',
      description:
        'shared: one NFS server for all projects, on bind_address. per-project: each has a server of its own, on one of addresses, which sees the shares of that project only; needs a driver that keeps clients apart.',
    }),
    addresses: Type.Array(Type.String({ pattern: '^[0-9A-Fa-f.:]{2,45}$' }), {
      maxItems: 4096,
      default: [],
      description:
        'For servers = "per-project": addresses of this host, as many as projects may have exports at the same time. A project keeps its address while it has one.',
    }),
    server_memory_mib: Type.Integer({
      minimum: 512,
      maximum: 1_048_576,
      default: 2048,
      description:
        'For servers = "per-project": the private memory, stacks of threads included, that a server may map; one that wants more ends and is started again.',
    }),
    start_wait_s: Type.Integer({
      minimum: 0,
      maximum: 3600,
      default: 120,
      description:
        'After a restart of the host, how long a server may wait for the file systems of its exports to be mounted again before it serves what is there. Clients wait for a server, but do not forgive one that has lost their files.',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65535,
      default: 2049,
      description: 'The TCP port of NFS; 0 picks a free one at the first start and keeps it.',
    }),
    advertised_host: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9.:-]{1,253}$',
        description: 'The name or address in export locations. Default: bind_address.',
      }),
    ),
    grace_period_s: Type.Integer({
      minimum: 0,
      maximum: 180,
      default: 0,
      description:
        'Seconds after a start in which clients may reclaim locks and nobody gets new ones. 0: none, for a single node that is seldom restarted; 15 where locks must survive a restart.',
    }),
    ceph_conf: Type.Optional(
      Type.String({
        pattern: '^/[^"\\\\\\n\\r\\0]+$',
        description: "The cluster's ceph.conf, on backends that keep their shares on CephFS.",
      }),
    ),
    ceph_user: Type.String({
      pattern: '^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$',
      default: 'ganesha',
      description:
        'The cephx user, without "client.", as which shares on CephFS are served that an earlier release published or whose driver makes no user for each export; the driver cephfs makes one.',
    }),
    squash: Type.Union(
      [Type.Literal('no_root_squash'), Type.Literal('root_squash'), Type.Literal('all_squash')],
      {
        default: 'no_root_squash',
        description: 'Which client users become nobody (65534): none, root, or all.',
      },
    ),
  },
  { additionalProperties: false },
)

export type GaneshaOptions = Static<typeof ganeshaOptions>
