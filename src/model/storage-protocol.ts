/** The capability `storage_protocol`: what a driver reports as a list is one word in the original, `NFS_CIFS`. */

/** As the wire shows it. */
export const protocolText = (reported: unknown): unknown =>
  Array.isArray(reported) ? reported.join('_') : reported

/** What a share type may ask for: one member, or the whole. */
export const protocolChoices = (reported: unknown): unknown =>
  Array.isArray(reported) ? [...new Set([...(reported as unknown[]), protocolText(reported)])] : reported
