/** Options of `driver = "directory"`; the generated configuration reference prints the sentences. */
import { Type, type Static } from 'typebox'

export const directoryOptions = Type.Object(
  {
    path: Type.Optional(
      Type.String({
        pattern: '^/[^\\0]+$',
        description: "Where shares are made. Default: the folder shares in the backend's own directory.",
      }),
    ),
    pool_name: Type.String({
      pattern: '^[A-Za-z0-9._-]{1,64}$',
      default: 'directory',
      description: "The pool's name: the part after '#' in host@backend#pool.",
    }),
    share_mode: Type.String({
      pattern: '^[0-7]{3,4}$',
      default: '0777',
      description: "Permissions of a new share's top directory, octal.",
    }),
  },
  { additionalProperties: false },
)

export type DirectoryOptions = Static<typeof directoryOptions>
