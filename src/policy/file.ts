/** The operator's file as bytes: what it may be, and how to tell that it changed. */
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs'
import { PolicyFileError } from './load.ts'

/** Bytes a policy file may have; the complete sample has a tenth of it. */
export const maxFileBytes = 262_144

/** What a file is at a moment. */
export interface FileVersion {
  /** Tells this version from others. */
  readonly stamp: string
  /** Microseconds: when content or mode were last changed. */
  readonly changedAt: number
  /** Null when it was not wanted, or changed while it was read. */
  readonly text: string | null
}

/**
 * Looks at the file, and reads it if that version of it is `wanted`. Throws what the system says, or {@link PolicyFileError} for what is
 * no file, too large or no UTF-8.
 */
export function readVersion(
  file: string,
  wanted: (version: Omit<FileVersion, 'text'>) => boolean,
): FileVersion {
  // A pipe in the place of a file would be waited for.
  const fd = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  try {
    const now = versionOf(fd)
    if (!now.isFile) throw new PolicyFileError(['it is not a regular file'])
    const { stamp, changedAt, size } = now
    if (!wanted({ stamp, changedAt })) return { stamp, changedAt, text: null }
    if (size > maxFileBytes)
      throw new PolicyFileError([`it has ${size} bytes; at most ${maxFileBytes} are read`])
    const bytes = Buffer.alloc(size)
    let length = 0
    while (length < size) {
      const read = readSync(fd, bytes, length, size - length, length)
      if (read === 0) break
      length += read
    }
    const whole = length === size && versionOf(fd).stamp === stamp
    return { stamp, changedAt, text: whole ? utf8(bytes) : null }
  } finally {
    closeSync(fd)
  }
}

function versionOf(fd: number) {
  const stat = fstatSync(fd, { bigint: true })
  const { mtimeNs, ctimeNs, size, ino } = stat
  return {
    isFile: stat.isFile(),
    size: Number(size),
    changedAt: Number(ctimeNs / 1000n),
    // With the time of its last change of mode: a file that becomes readable is another version.
    stamp: `${mtimeNs} ${ctimeNs} ${size} ${ino}`,
  }
}

function utf8(bytes: Buffer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw new PolicyFileError(['it is not UTF-8'])
  }
}
