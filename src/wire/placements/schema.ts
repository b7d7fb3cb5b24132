/** Dry runs of a create, ours beyond Manila: whether it would be granted, what it costs, and where it would go. Nothing is written. */
import Type from 'typebox'
import { newShareFields } from '../../model/new-share-fields.ts'
import { quotaDefaults, type QuotaResource } from '../../model/quota.ts'
import { endpoint } from '../endpoint.ts'
import { NewShare } from '../shares/schema.ts'
import { Nullable, Optional, Text, Word } from '../types.ts'

const Problem = Type.Object({
  /** What of the request is refused; null: not one field of it. */
  field: Nullable(Word(newShareFields)),
  message: Type.String({ description: 'The sentence that the create would be answered with.' }),
  status: Type.Integer({ description: 'Its HTTP status.' }),
})

const QuotaLine = Type.Object({
  /** `per_share_gigabytes` is the most that one share may have; the others are counted. */
  resource: Word(Object.keys(quotaDefaults) as QuotaResource[]),
  /** Of a user or share type there are lines where it has limits of its own. */
  scope: Word(['project', 'user', 'share_type']),
  limit: Type.Integer({ description: 'Negative: unlimited.' }),
  in_use: Type.Integer(),
  reserved: Type.Integer({ description: 'Always 0: what is asked for is in use at once.' }),
  charge: Type.Integer({ description: 'What the share would add.' }),
  fits: Type.Boolean(),
})

const Refused = Type.Object({
  filter: Type.String(),
  count: Type.Integer({ description: 'Pools that it refused.' }),
  why: Type.String(),
})

const Pool = Type.Object({
  pool: Type.String(),
  fits: Type.Boolean(),
  filter: Nullable(Type.String()),
  why: Nullable(Type.String({ description: 'In the words of the filter, with its figures.' })),
  weight: Nullable(
    Type.Number({ description: 'What the weighers give it: the share goes to one that has the most.' }),
  ),
})

export const Placement = Type.Object({
  fits: Type.Boolean({ description: 'Asked for now, the share would be granted and find its place.' }),
  share_type: Nullable(Type.Object({ id: Type.String(), name: Type.String() })),
  problems: Type.Array(Problem),
  quota: Type.Array(QuotaLine),
  pools_that_fit: Nullable(
    Type.Integer({
      description:
        'Null: nobody was asked, because of the problems. Of a size that is refused only administrators learn where it would fit.',
    }),
  ),
  message: Nullable(
    Type.String({ description: "Where no pool fits: what the share's user message would say." }),
  ),
  refused: Type.Array(Refused),
  pools: Optional(Type.Array(Pool)),
})

export const tryPlacement = endpoint({
  id: 'tryPlacement',
  method: 'POST',
  path: '/placements',
  policy: 'placement:try',
  status: 200,
  asks: true,
  body: Type.Object({
    placement: Type.Object({
      ...NewShare.properties,
      project_id: Optional(Nullable(Text())),
    }),
  }),
  reply: Type.Object({ placement: Placement }),
  summary:
    'Tells whether a share could be created, where it fits and why not elsewhere, and what it costs; creates nothing.',
})
