/** The commands that do what the pages of share group types do. */
import { inTurn, manila, pairTexts } from '../../ui/manila.ts'

export const groupTypeCommands = {
  first: () => manila('group type create', ['default', 'SHARE_TYPE']),
  create: (form: {
    readonly name: string
    readonly shareTypes: readonly string[]
    readonly isPublic: boolean
    readonly specs: Readonly<Record<string, string>>
  }) =>
    manila(
      'group type create',
      [form.name || 'NAME', ...(form.shareTypes.length === 0 ? ['SHARE_TYPE'] : form.shareTypes)],
      { public: form.isPublic ? null : 'false', 'group-specs': pairTexts(form.specs) },
    ),
  specs: (id: string, set: Readonly<Record<string, string>>, unset: readonly string[]) =>
    inTurn(
      unset.length === 0 ? null : manila('group type unset', [id, ...unset]),
      Object.keys(set).length === 0
        ? null
        : manila('group type set', [id], { 'group-specs': pairTexts(set) }),
    ),
  remove: (id: string) => manila('group type delete', [id]),
  allow: (id: string, project: string) => manila('group type access create', [id, project]),
  deny: (id: string, project: string) => manila('group type access delete', [id, project]),
}
