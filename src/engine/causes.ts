/** Why an operation failed, as its row has it. */
import type { CauseColumns } from '../db/store/operation-records.ts'
import { recordedUnmet } from '../model/causes.ts'
import type { Unmet } from '../model/unmet.ts'
import type { Cause } from './operation.ts'

export function causeColumns(cause: Cause | null): CauseColumns {
  if (cause === null) {
    return {
      cause_code: null,
      cause_message: null,
      cause_retryable: null,
      cause_detail_id: null,
      cause_unmet: null,
    }
  }
  return {
    cause_code: cause.code,
    cause_message: cause.message.slice(0, 4000),
    cause_retryable: cause.retryable ? 1 : 0,
    cause_detail_id: cause.detailId ?? null,
    cause_unmet: recordedUnmet(cause.unmet),
  }
}

export function causeOf(row: CauseColumns): Cause {
  return {
    code: row.cause_code ?? 'unknown',
    message: row.cause_message ?? 'Unknown error.',
    retryable: row.cause_retryable === 1,
    detailId: row.cause_detail_id,
    unmet: row.cause_unmet === null ? null : (JSON.parse(row.cause_unmet) as Unmet),
  }
}

/** Whoever asked no longer wants it. */
export const cancelled: Cause = { code: 'cancelled', message: 'Cancelled on request.', retryable: true }
