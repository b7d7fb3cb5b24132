/**
 * Rows of SQLite as objects. By itself `node:sqlite` builds each row as a dictionary, whose every property is then looked up in a
 * hash table: of a list of 100 shares that was a fifth of the cost. Asked for arrays it only hands over the values, and a
 * function made once per statement puts them into objects that all have one shape.
 */

export type RowMaker = (values: readonly unknown[]) => Record<string, unknown>

/**
 * A function that gives the values the names of their columns; of two columns with one name the last counts. The names come from the
 * text of our own statements; they are quoted whatever they are, and `__proto__` is a property as any other.
 */
export function rowMaker(columns: readonly string[]): RowMaker {
  const last = new Map(columns.map((name, at) => [name, at]))
  const members = Array.from(last, ([name, at]) => `[${JSON.stringify(name)}]: values[${at}]`)
  // oxlint-disable-next-line typescript/no-implied-eval -- only a literal says a shape once, and in it are quoted names and numbers
  return new Function('values', `return { ${members.join(', ')} }`) as RowMaker
}
