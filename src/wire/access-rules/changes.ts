/** History of the access rule on the wire, newest first. */
import { change, fields, inputs, rule, shown, type Change, type JsonObject } from '../changes.ts'

/** Rules had no state of their own: all of them showed how far the share's rules were. */
const stateOfShare = ({ __rules_status: status, ...view }: JsonObject): JsonObject =>
  status === undefined ? view : { ...view, state: status === 'syncing' ? 'new' : status }

export const accessRuleChanges: readonly Change[] = [
  inputs(82, 'lock_visibility', 'lock_deletion', 'lock_reason', 'unrestrict'),
  rule(82, 'accessFilters', 'lists can be filtered by type, target, key and level'),
  rule(74, 'rulesDespiteErrors', 'access rules may be changed while the share is in error'),
  fields(45, 'metadata'),
  rule(38, 'ipv6Rules', 'rules of type ip may be IPv6'),
  fields(33, 'created_at', 'updated_at'),
  change(28, 'gives each rule a state of its own', { lower: stateOfShare }),
  rule(28, 'stateOfEachRule', 'rules may be added while others are in error'),
  shown(21, 'access_key'),
  rule(13, 'cephxRules', 'rules may be of type cephx'),
]
