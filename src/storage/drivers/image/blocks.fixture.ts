/** Files whose blocks each say what they are and when they were written, and ways to leave an extent in use for a block of it only. */
import { closeSync, fsyncSync, openSync, readSync, writeSync } from 'node:fs'

export const blockBytes = 4096
const pieceBytes = 1024 ** 2
/** Blocks of a piece. */
const perPiece = pieceBytes / blockBytes

/** What must be in each block: the round in which it was written last. */
export type Rounds = Uint16Array

/** A new file of so many MiB, all of round 0, stable when this returns. */
export function writeBlocks(file: string, mib: number): Rounds {
  const rounds = new Uint16Array(mib * perPiece)
  rewrite(file, rounds, 0, () => true, 'w')
  return rounds
}

/** Overwrites the blocks that are `chosen`, in runs, and notes it in `rounds`. Stable when this returns. */
export function rewrite(
  file: string,
  rounds: Rounds,
  round: number,
  chosen: (block: number) => boolean,
  flags: 'r+' | 'w' = 'r+',
): void {
  const handle = openSync(file, flags)
  try {
    for (let from = 0; from < rounds.length;) {
      if (!chosen(from)) {
        from++
        continue
      }
      let to = from
      while (to < rounds.length && to - from < perPiece && chosen(to)) rounds[to++] = round
      const bytes = Buffer.alloc((to - from) * blockBytes)
      for (let block = from; block < to; block++) fill(bytes, (block - from) * blockBytes, block, round)
      writeSync(handle, bytes, 0, bytes.length, from * blockBytes)
      from = to
    }
    fsyncSync(handle)
  } finally {
    closeSync(handle)
  }
}

/** All blocks but one of each MiB: the one that stays is another in each round, and keeps the extent it lies in. */
export const allButOne =
  (round: number) =>
  (block: number): boolean =>
    block % perPiece !== round % perPiece

/** What one block holds that was written in that round. */
export function blockOf(block: number, round: number): Buffer {
  const bytes = Buffer.alloc(blockBytes)
  fill(bytes, 0, block, round)
  return bytes
}

/** Blocks that are not what they must be; with `orNewer` one of a later round will do, whole. */
export function wrongBlocks(file: string, rounds: Rounds, { orNewer = false } = {}): number {
  const handle = openSync(file, 'r')
  const bytes = Buffer.alloc(pieceBytes)
  const wanted = Buffer.alloc(blockBytes)
  let wrong = 0
  try {
    for (let first = 0; first < rounds.length; first += perPiece) {
      readSync(handle, bytes, 0, pieceBytes, first * blockBytes)
      for (let at = 0; at < perPiece; at++) {
        const least = rounds[first + at] ?? 0
        fill(
          wanted,
          0,
          first + at,
          orNewer ? Math.max(least, bytes.readUInt32BE(at * blockBytes + 4)) : least,
        )
        if (!bytes.subarray(at * blockBytes, (at + 1) * blockBytes).equals(wanted)) wrong++
      }
    }
  } finally {
    closeSync(handle)
  }
  return wrong
}

function fill(bytes: Buffer, at: number, block: number, round: number): void {
  bytes.fill((block * 31 + round * 17) & 0xff, at, at + blockBytes)
  bytes.writeUInt32BE(block, at)
  bytes.writeUInt32BE(round, at + 4)
}
