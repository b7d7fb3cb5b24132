/** The capability `storage_protocol`: what a driver reports as a list is one word in the original, `NFS_CIFS`. */

/** As the wire shows it. */
export const protocolText = (reported: unknown): unknown =>
  Array.isArray(reported) ? reported.join('_') : reported

/** What a share type may ask for: one member, or the whole. Worked out once for each list. */
export function protocolChoices(reported: unknown): unknown {
  if (!Array.isArray(reported)) return reported
  const known = choices.get(reported)
  if (known !== undefined) return known
  const made = [...new Set([...(reported as unknown[]), protocolText(reported)])]
  choices.set(reported, made)
  return made
}

const choices = new WeakMap<readonly unknown[], readonly unknown[]>()
