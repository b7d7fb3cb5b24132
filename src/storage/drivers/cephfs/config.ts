/** Options of `driver = "cephfs"`; the generated configuration reference prints the sentences. */
import { Type, type Static } from 'typebox'

const word = '^[A-Za-z0-9_][A-Za-z0-9_-]{0,63}$'

export const cephfsOptions = Type.Object(
  {
    conf_file: Type.String({
      pattern: '^/[^\\0]+$',
      default: '/etc/ceph/ceph.conf',
      description: "The cluster's ceph.conf.",
    }),
    client_id: Type.String({
      pattern: word,
      default: 'manila',
      description: 'The cephx user of the driver, without "client.".',
    }),
    keyring: Type.Optional(
      Type.String({
        pattern: '^/[^\\0]+$',
        description: "File with that user's key. Default: where ceph.conf says, usually /etc/ceph.",
      }),
    ),
    filesystem: Type.String({ pattern: word, default: 'cephfs', description: 'The CephFS to use.' }),
    subvolume_group: Type.String({
      pattern: '^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$',
      default: 'manila',
      description:
        'The subvolume group that holds the shares, below /volumes; made when absent. One group per backend.',
    }),
    pool_name: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      default: 'cephfs',
      description: "The pool's name: the part after '#' in host@backend#pool.",
    }),
    data_pool: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9._-]{1,128}$',
        description: "The data pool that new shares are laid out in. Default: the file system's first.",
      }),
    ),
    state_pool: Type.Optional(
      Type.String({
        pattern: '^[A-Za-z0-9._-]{1,128}$',
        description:
          "The RADOS pool where the driver keeps who owns a share, in namespace 'manila'. Default: the file system's first data pool.",
      }),
    ),
    namespace_isolated: Type.Boolean({
      default: true,
      description: 'Give every share a RADOS namespace of its own, so that a key reaches no other share.',
    }),
    share_mode: Type.String({
      pattern: '^[0-7]{3,4}$',
      default: '0777',
      description: "Permissions of a new share's top directory, octal.",
    }),
  },
  { additionalProperties: false },
)

export type CephfsOptions = Static<typeof cephfsOptions>
