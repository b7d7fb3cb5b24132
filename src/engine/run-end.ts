/** What became of a run, for the worker: whether somebody else or a later time has to go on. */
import type { Due } from '../db/store/operation-families.ts'

export type RunEnd =
  | { readonly end: 'not-mine' }
  /** `due`: of its family, whoever goes on because of that. */
  | { readonly end: 'finished'; readonly lanes: readonly string[]; readonly due: readonly Due[] }
  /** It waits until the last of its children wakes it. */
  | { readonly end: 'has-children'; readonly due: readonly Due[] }
  | { readonly end: 'handed-over'; readonly topic: string; readonly backendId: string | null }
  | { readonly end: 'waiting'; readonly forMs: number }
  | { readonly end: 'stopped' }
