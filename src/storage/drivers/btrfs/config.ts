/** Options of `driver = "btrfs"`; the generated configuration reference prints the sentences. */
import { Type, type Static } from 'typebox'
import type { Wants } from '../../contract/driver.ts'

export const btrfsOptions = Type.Object(
  {
    directory: Type.Optional(
      Type.String({
        pattern: '^/[^\\0]+$',
        description:
          'A directory on a mounted btrfs file system. Give one of directory, device and loop_file.',
      }),
    ),
    device: Type.Optional(
      Type.String({
        pattern: '^/dev/[A-Za-z0-9._/-]+$',
        description: 'A block device that holds a btrfs file system; it is mounted, never formatted.',
      }),
    ),
    loop_file: Type.Optional(
      Type.String({
        pattern: '^/[^\\0]+$',
        description: 'A file that is made (sparse), formatted and attached as a loop device.',
      }),
    ),
    size_gib: Type.Optional(
      Type.Number({
        minimum: 0.25,
        maximum: 1_000_000,
        description:
          'Size of loop_file in GiB: at most what its file system has free. Raising it grows the pool; lowering it does nothing.',
      }),
    ),
    pool_name: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      default: 'btrfs',
      description: "The pool's name: the part after '#' in host@backend#pool.",
    }),
    quota_mode: Type.Union([Type.Literal('full'), Type.Literal('simple')], {
      default: 'full',
      description:
        'full: exact sizes of shares and snapshots. simple: cheaper with many snapshots (kernel 6.7 or later), but a clone or a reverted share is charged only for what it rewrites, and what a snapshot holds alone is not known. Chosen when the pool is made.',
    }),
    data: Type.Union([Type.Literal('nodatacow'), Type.Literal('compress'), Type.Literal('cow')], {
      default: 'nodatacow',
      description:
        'nodatacow: files are overwritten in place, so a nearly full share can be rewritten; file data has no checksums. compress: checksums and zstd compression, and the size counts compressed bytes. cow: checksums only; overwriting in a nearly full share fails with "quota exceeded". Holds for shares made from then on.',
    }),
    share_mode: Type.String({
      pattern: '^[0-7]{3,4}$',
      default: '0777',
      description: "Permissions of a new share's top directory, octal.",
    }),
  },
  { additionalProperties: false },
)

export type BtrfsOptions = Static<typeof btrfsOptions>
/** Those that say where the pool is; every driver with a pool on btrfs has them. */
export type SourceOptions = Pick<BtrfsOptions, 'directory' | 'device' | 'loop_file' | 'size_gib'>

/** Where the pool's bytes are: exactly one of the three. */
export type PoolSource =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 'device'; readonly path: string }
  | { readonly kind: 'loop'; readonly path: string; readonly sizeBytes: number }

/** Throws an Error with a sentence for the operator unless exactly one source is configured, completely. */
export function sourceOf(options: SourceOptions, driver = 'btrfs'): PoolSource {
  const given = [options.directory, options.device, options.loop_file].filter((path) => path !== undefined)
  if (given.length !== 1) {
    throw new Error(
      `${driver} needs exactly one of directory, device and loop_file; ${given.length} are given`,
    )
  }
  if (options.directory !== undefined) return { kind: 'directory', path: options.directory }
  if (options.device !== undefined) return { kind: 'device', path: options.device }
  if (options.size_gib === undefined) throw new Error(`${driver} with loop_file needs size_gib`)
  // mkfs and losetup work in whole blocks; 1 MiB suits every sector size.
  const sizeBytes = Math.floor(options.size_gib * 1024) * 1024 * 1024
  return { kind: 'loop', path: options.loop_file ?? '', sizeBytes }
}

/** The pool is nobody else's; a loop file is made. */
export function poolWants({ directory, device, loop_file }: SourceOptions): Wants {
  const given = (paths: readonly (string | undefined)[]) => paths.filter((path) => path !== undefined)
  return { keeps: given([directory, device, loop_file]), writes: given([directory, loop_file]) }
}
