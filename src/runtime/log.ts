/** Structured logs: one JSON line each, secrets censored, keys `request_id`, `operation_id`, `resource_id`, `backend`. */
import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { pino, type Logger } from 'pino'
import { redactCensor, redactPaths, redactSecrets } from './redact.ts'
import { keepPrivate } from './private-file.ts'

/** `destination` is the path of a file, which others than its owner and group can't read; standard output without one. */
export function createLog(level: string, destination?: string): Logger {
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    // The path list knows fixed depths; this one looks everywhere in what a call site hands over.
    formatters: { log: redactSecrets },
    redact: { paths: [...redactPaths], censor: redactCensor },
  }
  if (destination === undefined) return pino(options)
  mkdirSync(dirname(destination), { recursive: true })
  // It tells who asked for what, and what backends say.
  keepPrivate(destination, 0o640)
  // Synchronous: the last lines before a crash are the ones that matter.
  return pino(options, pino.destination({ dest: destination, sync: true }))
}
