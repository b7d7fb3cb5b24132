/** What can go wrong with an NFS call. */

/** A status of the protocol by its name in RFC 7530, or what happened below the protocol. */
export type NfsErrorCode =
  | `NFS4ERR_${string}`
  /** The connection could not be made, or was lost. */
  | 'CONNECTION'
  /** No answer in time; the call may have taken effect. */
  | 'DEADLINE'
  /** The other side doesn't speak the protocol as it should. */
  | 'PROTOCOL'
  /** The RPC layer refused the call (credentials, version). */
  | 'DENIED'

export class NfsError extends Error {
  readonly code: NfsErrorCode
  /** Of a write that failed: bytes from where it began that are stored (committed) without a gap; else null. */
  readonly bytesWritten: number | null
  constructor(
    code: NfsErrorCode,
    message: string,
    options: ErrorOptions & { readonly bytesWritten?: number } = {},
  ) {
    super(message, options)
    this.name = 'NfsError'
    this.code = code
    this.bytesWritten = options.bytesWritten ?? null
  }
}

/** Statuses of RFC 7530 §13, and those of RFC 8881 §15 that servers are seen to send. */
const names: Readonly<Record<number, string>> = {
  1: 'PERM',
  2: 'NOENT',
  5: 'IO',
  6: 'NXIO',
  13: 'ACCESS',
  17: 'EXIST',
  18: 'XDEV',
  20: 'NOTDIR',
  21: 'ISDIR',
  22: 'INVAL',
  27: 'FBIG',
  28: 'NOSPC',
  30: 'ROFS',
  31: 'MLINK',
  63: 'NAMETOOLONG',
  66: 'NOTEMPTY',
  69: 'DQUOT',
  70: 'STALE',
  10001: 'BADHANDLE',
  10003: 'BAD_COOKIE',
  10004: 'NOTSUPP',
  10005: 'TOOSMALL',
  10006: 'SERVERFAULT',
  10007: 'BADTYPE',
  10008: 'DELAY',
  10009: 'SAME',
  10010: 'DENIED',
  10011: 'EXPIRED',
  10012: 'LOCKED',
  10013: 'GRACE',
  10014: 'FHEXPIRED',
  10015: 'SHARE_DENIED',
  10016: 'WRONGSEC',
  10017: 'CLID_INUSE',
  10018: 'RESOURCE',
  10019: 'MOVED',
  10020: 'NOFILEHANDLE',
  10021: 'MINOR_VERS_MISMATCH',
  10022: 'STALE_CLIENTID',
  10023: 'STALE_STATEID',
  10024: 'OLD_STATEID',
  10025: 'BAD_STATEID',
  10026: 'BAD_SEQID',
  10027: 'NOT_SAME',
  10028: 'LOCK_RANGE',
  10029: 'SYMLINK',
  10030: 'RESTOREFH',
  10031: 'LEASE_MOVED',
  10032: 'ATTRNOTSUPP',
  10033: 'NO_GRACE',
  10034: 'RECLAIM_BAD',
  10035: 'RECLAIM_CONFLICT',
  10036: 'BADXDR',
  10037: 'LOCKS_HELD',
  10038: 'OPENMODE',
  10039: 'BADOWNER',
  10040: 'BADCHAR',
  10041: 'BADNAME',
  10042: 'BAD_RANGE',
  10043: 'LOCK_NOTSUPP',
  10044: 'OP_ILLEGAL',
  10045: 'DEADLOCK',
  10046: 'FILE_OPEN',
  10047: 'ADMIN_REVOKED',
  10048: 'CB_PATH_DOWN',
  10049: 'BADIOMODE',
  10050: 'BADLAYOUT',
  10052: 'BADSESSION',
  10053: 'BADSLOT',
  10054: 'COMPLETE_ALREADY',
  10055: 'CONN_NOT_BOUND_TO_SESSION',
  10059: 'LAYOUTUNAVAILABLE',
  10063: 'SEQ_MISORDERED',
  10064: 'SEQUENCE_POS',
  10065: 'REQ_TOO_BIG',
  10066: 'REP_TOO_BIG',
  10068: 'RETRY_UNCACHED_REP',
  10070: 'TOO_MANY_OPS',
  10071: 'OP_NOT_IN_SESSION',
  10074: 'CLIENTID_BUSY',
  10076: 'SEQ_FALSE_RETRY',
  10077: 'BAD_HIGH_SLOT',
  10078: 'DEADSESSION',
  10081: 'NOT_ONLY_OP',
  10082: 'WRONG_CRED',
  10083: 'WRONG_TYPE',
}

/** The name of a status; an unknown one keeps its number. */
export const statusName = (status: number): `NFS4ERR_${string}` => `NFS4ERR_${names[status] ?? status}`
