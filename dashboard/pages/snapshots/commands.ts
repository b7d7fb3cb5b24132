/** The commands that do what the pages of snapshots do. */
import { given, inTurn, manila, pairTexts } from '../../ui/manila.ts'

export const snapshotCommands = {
  /** `share`: its id; without one, what to put there. */
  first: (share = 'SHARE') => manila('snapshot create', [share], { name: 'before-upgrade' }),
  create: (form: {
    readonly share: string
    readonly name: string
    readonly description: string
    readonly metadata: Readonly<Record<string, string>>
  }) =>
    manila('snapshot create', [form.share || 'SHARE'], {
      name: given(form.name),
      description: given(form.description),
      property: pairTexts(form.metadata),
    }),
  adopt: (form: {
    readonly share: string
    readonly location: string
    readonly name: string
    readonly description: string
    readonly options: Readonly<Record<string, string>>
  }) =>
    manila('snapshot adopt', [form.share || 'SHARE', form.location || 'LOCATION'], {
      name: given(form.name),
      description: given(form.description),
      'driver-option': pairTexts(form.options),
    }),
  revert: (id: string) => manila('share revert', [id]),
  remove: (ids: readonly string[]) => manila('snapshot delete', ids),
  forceRemove: (id: string) => manila('snapshot delete', [id], { force: true }),
  rename: (
    id: string,
    { name, description }: { readonly name: string | undefined; readonly description: string | undefined },
  ) => manila('snapshot set', [id], { name, description }),
  reset: (id: string, status: string) => manila('snapshot set', [id], { status }),
  abandon: (id: string) => manila('snapshot abandon', [id]),
  properties: (id: string, set: Readonly<Record<string, string>>, unset: readonly string[]) =>
    inTurn(
      unset.length === 0 ? null : manila('snapshot unset', [id], { property: unset }),
      Object.keys(set).length === 0 ? null : manila('snapshot set', [id], { property: pairTexts(set) }),
    ),
  allow: (id: string, type: string, to: string) =>
    manila('snapshot access create', [id, type, to || '10.0.0.0/24']),
  deny: (id: string, rule: string) => manila('snapshot access delete', [id, rule]),
}
