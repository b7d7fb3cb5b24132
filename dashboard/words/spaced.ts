/** A word of the wire for people: `creating_from_snapshot` → `creating from snapshot`. */
export const spaced = (word: string): string => word.replaceAll(/[_-]/g, ' ')
