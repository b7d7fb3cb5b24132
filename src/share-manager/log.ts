/** The log as everything in the share manager sees it. */
export interface Log {
  debug?(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
}

/** `log`, with `fields` in every line. */
export function logOf(log: Log, fields: object): Log {
  return {
    debug: (more, message) => log.debug?.({ ...fields, ...more }, message),
    info: (more, message) => log.info({ ...fields, ...more }, message),
    warn: (more, message) => log.warn({ ...fields, ...more }, message),
    error: (more, message) => log.error({ ...fields, ...more }, message),
  }
}
