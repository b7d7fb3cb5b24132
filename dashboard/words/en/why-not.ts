import { plural } from '../plural.ts'

const many = plural('en')

export const whyNot = {
  title: 'Why not here',
  intro: 'Say what somebody would ask for. The scheduler answers for every pool; nothing is created.',
  size: 'Size',
  protocol: 'Protocol',
  type: 'Share type',
  anyType: 'the default type',
  zone: 'Zone',
  anyZone: 'any zone',
  project: 'In the quota of',
  ownProject: 'this project',
  snapshot: 'From the snapshot',
  snapshotHint: 'ID, when the share is made from one.',
  onlyHost: 'Only on this pool',
  onlyHostHint: 'host@backend#pool',
  near: 'Beside these shares',
  apart: 'Away from these shares',
  sharesHint: 'IDs with commas between them.',
  more: 'More of the request',
  fits: 'It would be granted.',
  fitsText: (pools: number) =>
    many(pools, {
      one: '# pool can take it. It goes to the first one below.',
      other: '# pools can take it. It goes to the first one below.',
    }),
  refusedTitle: 'It would be refused.',
  nowhereTitle: 'It would find no place.',
  notAsked: 'No pool was asked because of this.',
  quotaTitle: 'Price in quota',
  poolsTitle: 'Pool by pool',
  pool: 'Pool',
  verdict: 'Verdict',
  takes: 'can take it',
  chosen: 'would be placed here',
  refuses: 'can’t take it',
  rule: 'Refused by',
  weight: 'Weight',
  weightHint: 'What the weighers give it: the share goes to one that has the most.',
  resource: 'Of what',
  charge: 'It would take',
  after: 'Then used',
  scope: { project: 'of the project', user: 'of the user', share_type: 'of the share type' } as Readonly<
    Record<string, string>
  >,
  tooMuch: 'too much',
  enough: 'enough',
  noPools: 'There are no pools to ask.',
  refusals: (count: number, why: string) => `${many(count, { one: '# pool', other: '# pools' })}: ${why}`,
}
