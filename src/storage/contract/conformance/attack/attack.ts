/** What an attack on NFS is, and what came of it. */
import type { Field } from './field.ts'

export interface Outcome {
  /** Something of another's came back or was changed, or others lost their server. */
  readonly through: boolean
  /** With counts: `2,301 handles in 4.0 and 4.1`. */
  readonly tried: string
  /** In the server's own words, with counts. */
  readonly cameBack: string
  /** It did what the exporter's `leftOpen` says is left open; never with `through`. */
  readonly leftOpen?: boolean
}

export interface NfsAttack {
  /** Short, unlike any other. */
  readonly name: string
  /** One sentence without a full stop. */
  readonly tries: string
  /** `host`: it is about handles of files of the host, and has nothing to send where a server gives out others. */
  readonly layout?: 'host'
  run(field: Field): Promise<Outcome>
}
