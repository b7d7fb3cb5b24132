/** Paths within an export, taken apart. */

/** The elements of a path. Throws RangeError for what would mean something else to a server. */
export function elements(path: string): string[] {
  const all = path.split('/').filter((element) => element !== '')
  // Servers refuse compounds of hundreds of operations.
  if (all.length > 32) throw new RangeError('the path has more than 32 elements')
  for (const element of all) {
    if (element === '.' || element === '..' || element.includes('\0') || Buffer.byteLength(element) > 255) {
      throw new RangeError(`${JSON.stringify(element.slice(0, 64))} can't be an element of a path`)
    }
  }
  return all
}
