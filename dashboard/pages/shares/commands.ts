/** The commands that do what the pages of shares do. */
import { given, inTurn, lines, manila, pairTexts } from '../../ui/manila.ts'
import { recordOf } from '../../ui/pairs.ts'
import { hintsOf, type NewShareForm } from './new-share.ts'
import type { ShareDeed } from './deeds.ts'

interface Adopted {
  readonly host: string
  readonly protocol: string
  readonly path: string
  readonly name: string
  readonly type: string | null
  readonly isPublic: boolean
  readonly options: Readonly<Record<string, string>>
}

interface MeantShare {
  readonly id: string
  readonly size: number
  readonly share_group_id?: string | null
}

interface DeedWords {
  /** GiB more for each. */
  readonly by: number
  readonly rule: { readonly type: string; readonly to: string; readonly level: string }
}

export const shareCommands = {
  create: (form: NewShareForm) =>
    manila('share create', [form.protocol, form.size], {
      name: given(form.name),
      description: given(form.description),
      'share-type': form.type,
      'availability-zone': form.zone,
      'snapshot-id': form.snapshot,
      'share-group': form.group,
      public: form.isPublic ? 'true' : null,
      property: pairTexts(recordOf(form.metadata)),
      'scheduler-hint': pairTexts(hintsOf(form)),
      'mount-point-name': given(form.mountPointName),
      wait: true,
    }),
  firstInBin: () => manila('share delete', ['first'], { soft: true }),
  adopt: ({ host, protocol, path, name, type, isPublic, options }: Adopted) =>
    manila('share adopt', [host, protocol, path], {
      name: given(name),
      'share-type': type,
      public: isPublic ? 'true' : null,
      'driver-options': pairTexts(options),
    }),
  show: (id: string) => manila('share show', [id]),
  resize: (id: string, size: number) => manila('share resize', [id, size], { wait: true }),
  revert: (snapshot: string) => manila('share revert', [snapshot], { wait: true }),
  edit: (
    id: string,
    changed: {
      readonly name: string | undefined
      readonly description: string | undefined
      readonly isPublic: boolean | undefined
    },
  ) =>
    manila('share set', [id], {
      name: changed.name,
      description: changed.description,
      public: changed.isPublic === undefined ? null : String(changed.isPublic),
    }),
  resetStatus: (id: string, status: string) => manila('share set', [id], { status }),
  /** Null, or `none`, is no state. */
  resetTaskState: (id: string, state: string) => manila('share set', [id], { 'task-state': state }),
  metadata: (id: string, set: Readonly<Record<string, string>>, unset: readonly string[]) =>
    inTurn(
      unset.length === 0 ? null : manila('share unset', [id], { property: unset }),
      Object.keys(set).length === 0 ? null : manila('share set', [id], { property: pairTexts(set) }),
    ),
  /** What a dialog does with one share or several. */
  deed: (deed: ShareDeed, shares: readonly MeantShare[], { by, rule }: DeedWords): string => {
    const ids = shares.map(({ id }) => id)
    switch (deed) {
      case 'delete':
        return lines(
          Array.from(
            Map.groupBy(shares, (share) => share.share_group_id ?? null),
            ([group, some]) =>
              manila(
                'share delete',
                some.map(({ id }) => id),
                { 'share-group': group },
              ),
          ),
        )
      case 'soft-delete':
        return manila('share delete', ids, { soft: true })
      case 'force-delete':
        return manila('share delete', ids, { force: true })
      case 'restore':
        return manila('share restore', ids)
      case 'unmanage':
        return manila('share abandon', ids)
      case 'extend-by':
        return lines(shares.map(({ id, size }) => manila('share resize', [id, size + by])))
      case 'allow':
        return lines(
          ids.map((id) =>
            manila('access allow', [id, rule.type, rule.to.trim() || '10.0.0.0/24'], {
              'access-level': rule.level,
            }),
          ),
        )
    }
  },
}
