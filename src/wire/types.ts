/** Building blocks of the schemas. `says` is the end of the sentence "<field> must be …" that a refusal shows. */
import Type, { type TSchema } from 'typebox'
import { storedSpec } from '../model/extra-specs.ts'
import { maxInt } from '../model/numbers.ts'

export { maxInt }

const spoken = (says: string) => ({ says })

export const Text = (maxLength = 255) =>
  Type.String({ maxLength, ...spoken(`a string of at most ${maxLength} characters`) })

export const RequiredText = (maxLength = 255) =>
  Type.String({ minLength: 1, maxLength, ...spoken(`a string of 1 to ${maxLength} characters`) })

/** As {@link RequiredText}, and something to read in it. */
export const NotBlank = (maxLength = 255) =>
  Type.String({
    maxLength,
    pattern: '\\S',
    ...spoken(`a string of 1 to ${maxLength} characters, not all of them blank`),
  })

export const Uuid = Type.String({
  pattern: '^[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}$',
  ...spoken('a uuid'),
})

/** What Python's bool-from-string accepts, strictly. */
export const Bool = Type.Union(
  [
    Type.Boolean(),
    Type.String({
      pattern:
        '^\\s*([1tTyY]|[0fFnN]|[tT][rR][uU][eE]|[oO][nN]|[yY][eE][sS]|[fF][aA][lL][sS][eE]|[oO][fF][fF]|[nN][oO])\\s*$',
    }),
    Type.Integer({ minimum: 0, maximum: 1 }),
  ],
  spoken('a boolean (true or false)'),
)

/** Digits that make a number from 0 to {@link maxInt}, for the patterns of schemas. */
export const maxIntDigits =
  '0*(?:[0-9]{1,9}|1[0-9]{9}|20[0-9]{8}|21[0-3][0-9]{7}|214[0-6][0-9]{6}|2147[0-3][0-9]{5}|21474[0-7][0-9]{4}|214748[0-2][0-9]{3}|2147483[0-5][0-9]{2}|21474836[0-3][0-9]{1}|214748364[0-6]|2147483647)'

/** A whole number above 0; digits in a string are accepted, as in the original. */
export const PositiveInt = Type.Union(
  [Type.Integer({ minimum: 1, maximum: maxInt }), Type.String({ pattern: `^${maxIntDigits}$` })],
  spoken(`a whole number from 1 to ${maxInt}`),
)

/** A record's key schema is only its pattern: other keys must be refused by name. */
export const Metadata = Type.Record(
  Type.String({ pattern: '^[\\s\\S]{1,255}$' }),
  Type.String({ minLength: 1, maxLength: 1023 }),
  {
    additionalProperties: false,
    ...spoken('an object of strings: keys of 1 to 255 characters, values of 1 to 1023'),
  },
)

/** What a driver is told when it takes something over. Numbers and booleans are text to it, see {@link optionTexts}. */
export const DriverOptions = Type.Record(
  Type.String({ maxLength: 255 }),
  Type.Union([Type.String({ maxLength: 1023 }), Type.Number(), Type.Boolean()]),
  spoken('an object of strings, numbers and booleans'),
)

/** Booleans as `True` and `False`, as the original's drivers read them. */
export const optionTexts = (
  options: Readonly<Record<string, string | number | boolean>>,
): Record<string, string> =>
  Object.fromEntries(Object.entries(options).map(([key, value]) => [key, storedSpec(value)]))

export const Nullable = <S extends TSchema>(schema: S) =>
  Type.Union([schema, Type.Null()], spoken((schema as { says?: string }).says ?? 'of another type, or null'))

/** One of the words of a table, and typed so: whoever reads it cannot forget one. */
export const Word = <const Name extends string>(names: readonly Name[]) =>
  Type.Unsafe<Name>({ type: 'string', enum: names, ...spoken(`one of ${names.join(', ')}`) })

export const Optional = Type.Optional

/** Query of every paged list. Values arrive as strings. */
export const pageQuery = {
  limit: Optional(Type.String()),
  offset: Optional(Type.String()),
  marker: Optional(Type.String()),
  sort_key: Optional(Type.String()),
  sort_dir: Optional(Type.String()),
}

export const Links = Type.Array(Type.Object({ rel: Type.String(), href: Type.String() }))
/** `2026-08-21T11:05:00.123456`, UTC. */
export const Time = Type.String()

/** The value of a {@link Bool} that has been validated. */
export function truth(value: unknown): boolean {
  if (typeof value === 'boolean') return value
  return ['1', 't', 'true', 'on', 'y', 'yes'].includes(String(value).trim().toLowerCase())
}
