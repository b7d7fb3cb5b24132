/** The commands that do what the pages of locks do. */
import { given, inTurn, manila } from '../../ui/manila.ts'

export const lockCommands = {
  first: () => manila('lock create', ['SHARE', 'share'], { 'lock-reason': 'Quarter end: ask Ines' }),
  create: (form: {
    readonly id: string
    readonly type: string
    readonly action: string
    readonly reason: string
  }) =>
    manila('lock create', [form.id || 'ID', form.type], {
      'resource-action': form.action,
      'lock-reason': given(form.reason),
    }),
  /** `action` undefined: it stays. */
  edit: (id: string, reason: string, action: string | undefined) =>
    inTurn(
      reason === '' ? manila('lock unset', [id], { 'lock-reason': true }) : null,
      reason === '' && action === undefined
        ? null
        : manila('lock set', [id], { 'lock-reason': given(reason), 'resource-action': action }),
    ),
  remove: (ids: readonly string[]) => manila('lock delete', ids),
}
