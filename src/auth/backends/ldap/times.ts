/** Points in time as directories write them. */

/** Between 1601, from which Windows counts, and 1970, in its units of 100 ns. */
const windowsEpoch = 116_444_736_000_000_000n

/**
 * Microseconds since the epoch of a generalized time (`20261127101500Z`), of a Windows file time (`pwdLastSet`), or of days
 * (`shadowLastChange`); 0 of what is neither, or nothing.
 */
export function microsOf(text: string | null): number {
  if (text === null) return 0
  const time = /^(\d{4})(\d{2})(\d{2})(\d{2})(\d{2})?(\d{2})?(?:[.,](\d{1,6})\d*)?(Z|[+-]\d{4})$/.exec(text)
  if (time !== null) {
    const [, year, month, day, hour, minute = '0', second = '0', fraction = '', zone = 'Z'] = time
    const fields = [Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)] as const
    const shift = zone === 'Z' ? 0 : Number(zone.slice(0, 3)) * 60 + Number(`${zone[0]}${zone.slice(3)}`)
    const millis = Date.UTC(Number(year), ...fields) - shift * 60_000
    return Math.max(0, millis * 1000 + Number(fraction.padEnd(6, '0')))
  }
  if (/^\d{17,19}$/.test(text)) {
    const micros = (BigInt(text) - windowsEpoch) / 10n
    // "Never" is the largest number there is.
    return micros > 0n && micros < BigInt(Number.MAX_SAFE_INTEGER) ? Number(micros) : 0
  }
  return /^\d{1,6}$/.test(text) ? Number(text) * 86_400 * 1_000_000 : 0
}
