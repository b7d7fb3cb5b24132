/** The commands that do what the access rules' pages do. */
import { given, inTurn, lines, manila, pairTexts } from '../../ui/manila.ts'

interface NewRules {
  readonly type: string
  readonly targets: readonly { readonly to: string; readonly level: string }[]
  readonly metadata: Readonly<Record<string, string>>
  readonly hide: boolean
  readonly lockDeletion: boolean
  readonly reason: string
}

export const accessCommands = {
  first: (share: string) => manila('access allow', [share, 'ip', '10.0.0.0/24']),
  /** A line for each target. */
  allow: (share: string, { type, targets, metadata, hide, lockDeletion, reason }: NewRules) =>
    lines(
      (targets.length > 0 ? targets : [{ to: '10.0.0.0/24', level: 'rw' }]).map(({ to, level }) =>
        manila('access allow', [share, type, to], {
          'access-level': level,
          properties: pairTexts(metadata),
          'lock-visibility': hide,
          'lock-deletion': lockDeletion,
          'lock-reason': hide || lockDeletion ? given(reason) : null,
        }),
      ),
    ),
  /** A line for each rule; a locked one loses its locks first. */
  deny: (share: string, rules: readonly { readonly id: string; readonly isLocked: boolean }[]) =>
    lines(rules.map(({ id, isLocked }) => manila('access deny', [share, id], { unrestrict: isLocked }))),
  setLevel: (rule: string, level: string) => manila('access set', [rule], { 'access-level': level }),
  properties: (rule: string, set: Readonly<Record<string, string>>, unset: readonly string[]) =>
    inTurn(
      unset.length === 0 ? null : manila('access unset', [rule], { property: unset }),
      Object.keys(set).length === 0 ? null : manila('access set', [rule], { property: pairTexts(set) }),
    ),
}
