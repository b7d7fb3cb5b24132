/** The commands that do what the pages of share types do. */
import { given, inTurn, manila, pairTexts } from '../../ui/manila.ts'

interface TypeChanges {
  readonly name: string | undefined
  readonly description: string | undefined
  readonly isPublic: boolean | undefined
  readonly write: Readonly<Record<string, string>>
  readonly remove: readonly string[]
}

export const typeCommands = {
  first: () => manila('type create', ['default', 'false']),
  /** `servers`: the spec `driver_handles_share_servers`, which every type has. */
  create: (form: {
    readonly name: string
    readonly description: string
    readonly isPublic: boolean
    readonly servers: string
    readonly specs: Readonly<Record<string, string>>
  }) =>
    manila('type create', [form.name || 'NAME', form.servers || 'false'], {
      description: given(form.description),
      public: form.isPublic ? null : 'false',
      'extra-specs': pairTexts(form.specs),
    }),
  edit: (id: string, { name, description, isPublic, write, remove }: TypeChanges) =>
    inTurn(
      [name, description, isPublic].every((one) => one === undefined) && Object.keys(write).length === 0
        ? null
        : manila('type set', [id], {
            name,
            description,
            public: isPublic === undefined ? null : String(isPublic),
            'extra-specs': pairTexts(write),
          }),
      remove.length === 0 ? null : manila('type unset', [id, ...remove]),
    ),
  remove: (id: string) => manila('type delete', [id]),
  allow: (id: string, project: string) => manila('type access create', [id, project]),
  deny: (id: string, project: string) => manila('type access delete', [id, project]),
}
