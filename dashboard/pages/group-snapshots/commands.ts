/** The commands that do what the pages of group snapshots do. */
import { given, manila } from '../../ui/manila.ts'

export const groupSnapshotCommands = {
  /** `group`: its id; without one, what to put there. */
  first: (group = 'GROUP') => manila('group snapshot create', [group], { name: 'before-upgrade' }),
  create: (form: { readonly group: string; readonly name: string; readonly description: string }) =>
    manila('group snapshot create', [form.group || 'GROUP'], {
      name: given(form.name),
      description: given(form.description),
    }),
  rename: (id: string, changed: { readonly name?: string; readonly description?: string }) =>
    manila('group snapshot set', [id], { ...changed }),
  reset: (id: string, status: string) => manila('group snapshot set', [id], { status }),
  remove: (ids: readonly string[]) => manila('group snapshot delete', ids),
  forceRemove: (id: string) => manila('group snapshot delete', [id], { force: true }),
}
