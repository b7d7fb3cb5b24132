/**
 * The contract between the share manager and a storage backend: a small core that every driver has, and optional
 * abilities that a driver declares by having them (`driver.snapshots`, `driver.shrinks`, …). The capability bits that
 * the scheduler sees are derived from what is there, so a driver can't claim what it hasn't got.
 *
 * A driver makes and sizes trees; an {@link Exporter} (`exporters/`) publishes them and applies access rules. Neither
 * sees the database, the bus or a status. Both get plain values and answer with plain values.
 *
 * Three laws, all checked by `conformance.ts`:
 *  1. **Idempotent by id.** The same call with the same id twice leaves the same world and gives an equal answer;
 *     deleting what isn't there succeeds.
 *  2. **Three outcomes.** A failure is a {@link DriverError} that says whether anything may have happened.
 *  3. **No blocking.** In process a driver reads only /sys and /proc; whatever touches a share's path runs in a child
 *     through `Exec`, with the deadline of the call.
 */
export * from './errors.ts'
export * from './values.ts'
export * from './reports.ts'
export * from './storage.ts'
export * from './abilities.ts'
export * from './exporter.ts'
export * from './factory.ts'
