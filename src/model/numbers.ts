/** Whole numbers as they come in text. */

/** Largest size and limit accepted: what a signed 32-bit column of the original holds. */
export const maxInt = 2_147_483_647

/** The number of a text of digits, 0 to {@link maxInt}; null for any other text. */
export function wholeNumberOf(text: string): number | null {
  return /^0*[0-9]{1,10}$/.test(text) && Number(text) <= maxInt ? Number(text) : null
}
