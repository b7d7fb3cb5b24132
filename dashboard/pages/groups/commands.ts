/** The commands that do what the pages of share groups do. */
import { given, manila } from '../../ui/manila.ts'

export interface NewGroupForm {
  readonly name: string
  readonly description: string
  /** Id; null = the service's default. */
  readonly type: string | null
  /** Ids; empty where the group is made from a snapshot. */
  readonly shareTypes: readonly string[]
  readonly zone: string | null
  /** Id of a group snapshot; null = empty. */
  readonly source: string | null
}

export const groupCommands = {
  first: () => manila('group create', [], { name: 'experiment' }),
  create: (form: NewGroupForm) =>
    manila('group create', [], {
      name: given(form.name),
      description: given(form.description),
      'share-group-type': form.type,
      'share-types': form.shareTypes,
      'source-share-group-snapshot': form.source,
      'availability-zone': form.zone,
    }),
  rename: (id: string, changed: { readonly name?: string; readonly description?: string }) =>
    manila('group set', [id], { ...changed }),
  reset: (id: string, status: string) => manila('group set', [id], { status }),
  remove: (ids: readonly string[]) => manila('group delete', ids),
  forceRemove: (id: string) => manila('group delete', [id], { force: true }),
}
