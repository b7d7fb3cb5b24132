/** What comes from the service itself: it speaks English, and its words are shown as they are on the wire, so that they can be searched. */
import { spaced } from '../spaced.ts'

export interface SaidCause {
  readonly code: string
  readonly message?: string | null
  readonly detail_id?: string | null
}

export interface SaidMessage {
  readonly action_id: string
  readonly detail_id: string | null
  readonly user_message: string
}

/** As the beginning of a sentence: `create-share` → `Create share`. */
const titled = (kind: string): string => {
  const words = spaced(kind)
  return words.charAt(0).toUpperCase() + words.slice(1)
}

/** `allocate host: No storage …` in its two parts. */
const parted = (text: string): { readonly tried: string | null; readonly why: string } => {
  const at = text.indexOf(': ')
  return at < 1 || at > 60
    ? { tried: null, why: text }
    : { tried: text.slice(0, at), why: text.slice(at + 2) }
}

export const service = {
  /** Of a share, a snapshot, a rule, an operation, a task. */
  status: (status: string) => spaced(status),
  /** Of an operation: `create-share`. */
  kind: (kind: string) => titled(kind),
  /** Of an operation: `place`. */
  step: (name: string) => spaced(name),
  /** What kind of thing something is about: `share_snapshot`. */
  noun: (type: string) => spaced(type.toLowerCase()),
  /** Why an operation failed. */
  cause: (cause: SaidCause) => cause.message ?? cause.code,
  /** What a message says was tried, by its id. */
  action: (_: string, said: string) => said,
  /** What was tried, and why it failed. */
  message: ({ user_message }: SaidMessage) => parted(user_message),
  /** A sentence that it wrote: why an action is refused, what is wrong with a field. */
  sentence: (text: string) => text,
}
