/** What things are called. */
import { visible } from './plain-text.tsx'

interface Named {
  readonly id: string
  readonly name: string | null
}

export const isNamed = ({ name }: Pick<Named, 'name'>): boolean => name !== null && name.trim() !== ''

/** Its name, or what stands for one that has none. */
export const nameOf = (thing: Named): string => (isNamed(thing) ? (thing.name ?? '') : thing.id.slice(0, 8))

/** In a sentence: what can't be seen escaped, and short. */
export const called = (thing: Named): string => visible(nameOf(thing)).slice(0, 80)

/** In a list to choose from: with what tells it from others of the same name. */
export const choiceOf = (thing: Named): { readonly value: string; readonly label: string } => ({
  value: thing.id,
  label: `${called(thing)} · ${thing.id.slice(0, 8)}`,
})
