/** Options of `driver = "image"`; the generated configuration reference prints the sentences. */
import { Type, type Static } from 'typebox'
import { btrfsOptions } from '../btrfs/config.ts'

const { directory, device, loop_file, size_gib } = btrfsOptions.properties

export const imageOptions = Type.Object(
  {
    directory,
    device,
    loop_file,
    size_gib,
    pool_name: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      default: 'image',
      description: "The pool's name: the part after '#' in host@backend#pool.",
    }),
    share_mode: Type.String({
      pattern: '^[0-7]{3,4}$',
      default: '0777',
      description: "Permissions of a new share's top directory, octal.",
    }),
    max_mounts: Type.Integer({
      minimum: 1,
      maximum: 100_000,
      default: 2000,
      description:
        'Images (shares and exported snapshots) that this host has mounted at once, all backends together; beyond it nothing more is made here. Each takes some 1.5 MB of memory and 8 kernel threads, of which kernel.pid_max allows 32768 on a small host.',
    }),
    reserve_percent: Type.Number({
      minimum: 0,
      maximum: 50,
      default: 2,
      description:
        "Per cent of the pool that no share and no snapshot is promised: room for the pool's own bookkeeping, and for what the file systems inside still have to write. Where less than that is free, which over-subscription can bring about, all exports of the pool are read-only until twice as much is.",
    }),
    compact_above_percent: Type.Number({
      minimum: 1,
      maximum: 1000,
      default: 10,
      description:
        'A share that holds so many per cent more of the pool than its image is long is compacted: extents of which it uses a part only are written anew, in the background, until it is half as much. Below 10 most of what is moved is in use, and gives little back.',
    }),
    compact_mib_per_s: Type.Integer({
      minimum: 0,
      maximum: 100_000,
      default: 32,
      description:
        'MiB a second that are moved at most to compact a share, one at a time; 0 switches it off. What others notice was measured with 32. Where less than four times the reserve is free it goes as fast as it can.',
    }),
  },
  { additionalProperties: false },
)

export type ImageOptions = Static<typeof imageOptions>
