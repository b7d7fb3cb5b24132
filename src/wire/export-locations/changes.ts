/** History of the export location on the wire, newest first. */
import { fields, rule, type Change } from '../changes.ts'

export const exportLocationChanges: readonly Change[] = [
  fields(87, 'metadata'),
  rule(47, 'hideSecondaries', 'locations of secondary replicas have a resource of their own'),
  fields(14, 'preferred'),
]
