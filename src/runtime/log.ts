/** Structured logs: one JSON line each, secrets censored, keys `request_id`, `operation_id`, `resource_id`, `backend`. */
import { pino, type Logger } from 'pino'
import { redactCensor, redactPaths, redactSecrets } from '../auth/redact.ts'

/** `destination` is a file path; standard output without one. */
export function createLog(level: string, destination?: string): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // The path list knows fixed depths; this one looks everywhere in what a call site hands over.
    formatters: { log: redactSecrets },
    redact: { paths: [...redactPaths], censor: redactCensor },
  }
  // Synchronous to a file: the last lines before a crash are the ones that matter.
  return destination === undefined
    ? pino(options)
    : pino(options, pino.destination({ dest: destination, mkdir: true, sync: true }))
}
