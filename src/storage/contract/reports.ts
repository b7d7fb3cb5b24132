/** What a driver reports of its pools and of the sizes of what is in them. */

/**
 * One pool as reported every interval. Capability fields that follow from abilities (`snapshot_support`…) are added by
 * the share manager; `extra` holds whatever else extra specs may ask for.
 */
export interface PoolReport {
  readonly name: string
  /** GiB, fractions allowed; null = the backend can't tell ("unknown" on the wire). */
  readonly totalGib: number | null
  /**
   * GiB free, space of deleted but not yet cleaned trees excluded: as the file system counts it, or less, where the driver knows what
   * of that it has promised already.
   */
  readonly freeGib: number | null
  /** True when sizes are promises rather than reserved space. */
  readonly thin: boolean
  readonly extra: Readonly<Record<string, string | number | boolean | readonly string[]>>
}

/** How full something is, from the file system's own counters, in bytes. */
export interface Measurement {
  readonly id: string
  /** What the user fills: counts against the size. */
  readonly usedBytes: number | null
  /** All bytes reachable from here, shared ones included. */
  readonly referencedBytes: number | null
  /** Bytes that would come back if only this were deleted. */
  readonly exclusiveBytes: number | null
  /** For each null above, why the file system can't tell; null when there is no null. */
  readonly reason: string | null
  /** `btrfs-qgroup`, `cephfs-rstat`, `statfs`, `walk-refused`… */
  readonly method: string
  /** Microseconds since the epoch. */
  readonly measuredAtUs: number
}
