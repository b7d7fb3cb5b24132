/**
 * How big the image of a share is. XFS keeps a log (64 MiB), a reserve of up to 32 MiB that no file gets, and about a
 * thousandth for its trees; measured in docs/decisions/0016-image.md. The formula has a version, kept with each share, so that a
 * better one changes no share that is there.
 */
export const gib = 1024 ** 3
const mib = 1024 ** 2

/** The formula of shares that are made now. */
export const overheadVersion = 'v1'

const logBytes = 64 * mib
const reserveBytes = 32 * mib
/** What the free inode trees of empty allocation groups have set aside, as a part of the image. */
const treesPart = 0.0009964

/** Allocation groups that one file system may come to have: with 4000 of them a mount takes some seconds. */
export const mostGroups = 4000

/** Bytes that a copy of an image has alone once it has a UUID of its own: its log is written anew. */
export const copyBytes = logBytes + 16 * mib

/** Bytes of the image of a share that holds `sizeGib` in files of a MiB or more. */
export function imageBytes(sizeGib: number): number {
  return Math.ceil(sizeGib * 1024 * 1.005) * mib + logBytes + reserveBytes + 16 * mib
}

/** GiB, a fraction of one allowed, of the largest share whose image is no longer than so many bytes; 0 when there is none. */
export function sizeThatFits(bytes: number): number {
  const left = Math.floor((bytes - logBytes - reserveBytes - 16 * mib) / mib)
  return Math.max(0, left / 1.005 / 1024)
}

/** The whole GiB that an image of so many bytes holds, rounded up: the smallest size whose image is no shorter. */
export function sizeOfImage(bytes: number): number {
  let size = Math.max(1, Math.floor((bytes / gib) * 0.99) - 1)
  while (imageBytes(size) < bytes) size++
  return size
}

/**
 * Bytes that an empty file system counts as used, up to 0.1 MiB too few, so that nobody is told less than he wrote; `total` is what `statfs`
 * tells as its size.
 */
export function emptyBytes(total: number): number {
  return Math.round(reserveBytes + total * treesPart + 0.2 * mib)
}

/**
 * How images are formatted. Sectors of 4 KiB, because btrfs takes no smaller ones for direct I/O; no reflinks and no reverse
 * mappings, which reserve space for what no NFS client asks for; a log of the smallest size mkfs allows, whatever the size, so that
 * the overhead of a big share is no more than that of a small one.
 */
export const format: readonly string[] =
  '-b size=4096 -s size=4096 -l size=64m -m crc=1,finobt=1,reflink=0,rmapbt=0,bigtime=1 -i sparse=1'.split(
    ' ',
  )
