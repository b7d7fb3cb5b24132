/** The operations that only {@link file://./raw.ts} sends: NFSv4.0's others (RFC 7530 §16) and NFSv4.1's (RFC 8881 §18). */
import { writeSettable } from './attributes.ts'
import { NfsError } from './nfs-error.ts'
import type { Operation, StateId } from './operations.ts'
import type { XdrReader, XdrWriter } from './xdr.ts'

const nothing = (): void => undefined
const stateIdBytes = 16
const changeInfoBytes = 20

const operation = <Result>(
  name: string,
  number: number,
  write: (to: XdrWriter) => unknown,
  read: (from: XdrReader) => Result,
): Operation<Result> => ({ name, number, write: (to) => void write(to), read })

const skipChangeInfo = (from: XdrReader): void => void from.fixed(changeInfoBytes)

// -------------------------------------------------------------------------------------------- where one stands

/** To the directory above. */
export const lookupParent = operation('LOOKUPP', 16, nothing, nothing)
export const putPublicFh = operation('PUTPUBFH', 23, nothing, nothing)
export const restoreFh = operation('RESTOREFH', 31, nothing, nothing)

/** As {@link file://./operations.ts}'s `lookup`, for names that are no text. */
export const lookupBytes = (name: Uint8Array): Operation<void> =>
  operation('LOOKUP', 15, (to) => to.opaque(name), nothing)

/** Which of the wanted rights (a bit each) the caller has. */
export const access = (wanted: number): Operation<number> =>
  operation(
    'ACCESS',
    3,
    (to) => to.u32(wanted),
    (from) => {
      from.u32()
      return from.u32()
    },
  )

export const readLink = operation('READLINK', 27, nothing, (from) => from.string())

/** Links the saved file as `name` in the directory stood in. */
export const link = (name: string): Operation<void> =>
  operation('LINK', 11, (to) => to.string(name), skipChangeInfo)

export const makeSymlink = (name: string, to: string): Operation<void> =>
  operation(
    'CREATE',
    6,
    (writer) => writeSettable(writer.u32(5).string(to).string(name), {}),
    (from) => {
      skipChangeInfo(from)
      from.bitmap()
    },
  )

/** A block device (3) or a character device (4). */
export const makeDevice = (
  name: string,
  type: number,
  { major, minor }: { readonly major: number; readonly minor: number },
): Operation<void> =>
  operation(
    'CREATE',
    6,
    (writer) => writeSettable(writer.u32(type).u32(major).u32(minor).string(name), { mode: 0o666 }),
    (from) => {
      skipChangeInfo(from)
      from.bitmap()
    },
  )

/** Which security flavours a name below takes; the numbers of AUTH_SYS and its like. */
export const securityOf = (name: string): Operation<readonly number[]> =>
  operation(
    'SECINFO',
    33,
    (to) => to.string(name),
    (from) => Array.from({ length: Math.min(from.u32(), 64) }, () => from.u32()),
  )

// -------------------------------------------------------------------------------------------------------- state

/** Opens the file stood in (NFSv4.1: CLAIM_FH). */
export const openThis = (owner: string, access: 'read' | 'write'): Operation<StateId> =>
  operation(
    'OPEN',
    18,
    (to) => {
      // No delegation wanted; 4.1 takes neither sequence nor client id from here.
      to.u32(0)
        .u32(0x400 | (access === 'read' ? 1 : 2))
        .u32(0)
      to.u64(0).string(owner).u32(0).u32(4)
    },
    readOpened,
  )

/** Opens a file by name in a session. */
export const openIn = (owner: string, name: string, access: 'read' | 'write'): Operation<StateId> =>
  operation(
    'OPEN',
    18,
    (to) => {
      to.u32(0)
        .u32(0x400 | (access === 'read' ? 1 : 2))
        .u32(0)
      to.u64(0).string(owner).u32(0).u32(0).string(name)
    },
    readOpened,
  )

function readOpened(from: XdrReader): StateId {
  const stateId = Buffer.from(from.fixed(stateIdBytes))
  skipChangeInfo(from)
  from.u32()
  from.bitmap()
  const delegation = from.u32()
  if (delegation === 3) {
    const why = from.u32()
    if (why === 1 || why === 2) from.bool()
  } else if (delegation !== 0) throw new NfsError('PROTOCOL', 'the server delegated a file unasked')
  return stateId
}

/** NFSv4.1: which of the state ids the server knows as the caller's; a status each. */
export const testStateIds = (ids: readonly StateId[]): Operation<readonly number[]> =>
  operation(
    'TEST_STATEID',
    55,
    (to) => ids.reduce((writer, id) => writer.fixed(id), to.u32(ids.length)),
    (from) => Array.from({ length: Math.min(from.u32(), 64) }, () => from.u32()),
  )

export const freeStateId = (id: StateId): Operation<void> =>
  operation('FREE_STATEID', 45, (to) => to.fixed(id), nothing)

// ----------------------------------------------------------------------------------------------------- sessions

export type SessionId = Buffer

export interface Introduced {
  readonly clientId: bigint
  /** Of the CREATE_SESSION that is due. */
  readonly sequence: number
}

export const exchangeId = (verifier: Uint8Array, owner: string): Operation<Introduced> =>
  operation(
    'EXCHANGE_ID',
    42,
    // Not for pNFS; no protection of state; no words about who made this client.
    (to) => to.fixed(verifier).string(owner).u32(0x1_0000).u32(0).u32(0),
    (from) => {
      const introduced = { clientId: from.u64(), sequence: from.u32() }
      from.u32()
      if (from.u32() !== 0) throw new NfsError('PROTOCOL', 'the server protects state unasked')
      from.u64()
      from.opaque()
      from.opaque()
      if (from.u32() > 0) {
        from.string()
        from.string()
        from.fixed(12)
      }
      return introduced
    },
  )

export interface NewSession {
  readonly sessionId: SessionId
  /** How many calls may be under way at once. */
  readonly slots: number
}

/** `slots` calls of up to 1 MiB and 64 operations each at once. */
export const createSession = ({ clientId, sequence }: Introduced, slots: number): Operation<NewSession> =>
  operation(
    'CREATE_SESSION',
    43,
    (to) => {
      to.u64(clientId).u32(sequence).u32(0)
      const channel = (bytes: number, calls: number) =>
        to.u32(0).u32(bytes).u32(bytes).u32(bytes).u32(64).u32(calls).u32(0)
      channel(1024 * 1024, slots)
      channel(4096, 1)
      // Where the server would call back: it will not.
      to.u32(0x4000_0000).u32(1).u32(0)
    },
    (from) => {
      const sessionId = Buffer.from(from.fixed(16))
      from.u32()
      from.u32()
      for (let field = 0; field < 5; field++) from.u32()
      const granted = from.u32()
      return { sessionId, slots: Math.min(slots, granted) }
    },
  )

/** First in each call of a session. */
export const sequence = (
  session: SessionId,
  slot: number,
  number: number,
  highest: number,
): Operation<void> =>
  operation(
    'SEQUENCE',
    53,
    (to) => to.fixed(session).u32(number).u32(slot).u32(highest).u32(0),
    (from) => void from.fixed(36),
  )

export const reclaimComplete = operation('RECLAIM_COMPLETE', 58, (to) => to.u32(0), nothing)

export const destroySession = (session: SessionId): Operation<void> =>
  operation('DESTROY_SESSION', 44, (to) => to.fixed(session), nothing)

export const destroyClientId = (clientId: bigint): Operation<void> =>
  operation('DESTROY_CLIENTID', 57, (to) => to.u64(clientId), nothing)

export const bindConnection = (session: SessionId): Operation<void> =>
  operation(
    'BIND_CONN_TO_SESSION',
    41,
    (to) => to.fixed(session).u32(1).u32(0),
    (from) => void from.fixed(24),
  )
