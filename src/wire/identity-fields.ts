/** What names and texts of accounts must look like, whichever way they come in: `api/identity` and `manila-manage identity`. */
import Type from 'typebox'
import { RequiredText, Text } from './types.ts'

export const UserName = RequiredText(255)
/** Of projects, groups and domains. */
export const PlaceName = RequiredText(64)
// Policy's language splits at blanks and reads parentheses.
export const RoleName = Type.String({
  pattern: '^[^\\s()\'"%:,]{1,255}$',
  says: 'a string of 1 to 255 characters without blanks, quotes, parentheses, commas, % or :',
})
export const LongText = Text(4096)
export const EmailText = Text(255)
/** Of a project; `/` and `,` are syntax where tags are named in URLs. */
export const TagText = Type.String({
  pattern: '^[^/,]{1,255}$',
  says: 'a string of 1 to 255 characters without / and ,',
})
