/** History of the share type on the wire, newest first. */
import { inferredDefaults } from '../../model/extra-specs.ts'
import { change, rule, shown, without, type Change, type JsonObject } from '../changes.ts'

/**
 * Inferred specs are the ones shown as the boolean `false`: stored values are strings. Before `version` those that it
 * brought were left out.
 */
function withoutInferred(version: string): (view: JsonObject) => JsonObject {
  const names = Object.entries(inferredDefaults).flatMap(([key, since]) => (since === version ? [key] : []))
  return (view) => {
    const specs = view.extra_specs as JsonObject
    return {
      ...view,
      extra_specs: without(
        specs,
        names.filter((name) => specs[name] === false),
      ),
    }
  }
}

/** What a body may not say yet is refused by its rule, as in the original. */
export const shareTypeChanges: readonly Change[] = [
  change(99, 'infers snapshot_inherit_share_access_support', { lower: withoutInferred('2.99') }),
  shown(46, 'is_default'),
  rule(43, 'filterByExtraSpecs', 'lists can be filtered by extra specs'),
  shown(41, 'description'),
  rule(41, 'typeDescription', 'share types have a description'),
  change(24, 'infers the optional boolean specs', { lower: withoutInferred('2.24') }),
  rule(24, 'snapshotSupportOptional', 'snapshot_support need not be set and may be deleted'),
  change(7, 'drops os- from the name of the visibility', {
    lower: ({ 'share_type_access:is_public': isPublic, ...view }) => ({
      ...view,
      'os-share-type-access:is_public': isPublic,
    }),
  }),
]

/** Extra specs have free keys, so nothing in a body may be adapted by name. */
export const extraSpecChanges: readonly Change[] = shareTypeChanges.filter(({ flag }) => flag !== undefined)
