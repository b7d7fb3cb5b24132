import { notTriedBefore } from './retry.ts'
import type { Filter } from '../types.ts'

/** {@link notTriedBefore} under its other name; kept because operators' option lists have both. */
export const ignoreAttemptedHostsFilter: Filter = notTriedBefore('IgnoreAttemptedHostsFilter')
