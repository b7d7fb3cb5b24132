/** What a rule is called in a title. */
import { visible } from '../../ui/plain-text.tsx'
import type { RuleView } from './queries.ts'

export const nameOfRule = ({ access_to }: RuleView): string => visible(access_to).slice(0, 80)
