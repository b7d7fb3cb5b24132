/**
 * User messages: what was tried and why it failed, as two short codes and the sentences they stand for. Codes are Manila's,
 * because its clients filter by them; `user_message` on the wire is `userMessage` of `causes.ts`.
 */

/** What was tried. */
export const messageActions = {
  '001': 'allocate host',
  '002': 'create',
  '003': 'delete access rules',
  '004': 'promote',
  '005': 'update',
  '006': 'revert to snapshot',
  '007': 'delete',
  '008': 'extend',
  '009': 'shrink',
  '010': 'update access rules',
  '011': 'add or update security service',
  '026': 'transfer accept',
  '027': 'update metadata',
  '028': 'restore share backup',
} as const
export type MessageAction = keyof typeof messageActions

/** What Manila says when this filter of its scheduler left no pool. */
export const filterRefused = (filter: string): string =>
  `No storage could be allocated for this share request, ${filter} filter didn't succeed.`

/** What came of it: Manila's own first sentence, because scripts look for it, then what it means here and what helps. */
export const messageDetails = {
  '001': 'An unknown error occurred.',
  '002': 'No storage could be allocated for this share request. Another size, share type or zone may work.',
  '003':
    'Driver does not expect share-network to be provided with current configuration. ' +
    'Ask again without a share network, or with a share type that uses share servers.',
  '004':
    'Could not find an existing share server or allocate one on the share network provided. ' +
    'Another share network may work.',
  '005':
    "An 'active' replica must exist in 'available' state to create a new replica for share. " +
    'Ask again when the share has one.',
  '006': "Share has no replica with 'replica_state' set to 'active'. An administrator can promote one.",
  '007': `${filterRefused('AvailabilityZone')} No backend is in a zone that the request and its share type allow: name another zone or share type.`,
  '008': `${filterRefused('Capabilities')} No backend has every capability that the share type asks for: choose another share type.`,
  '009': `${filterRefused('Capacity')} No backend has enough room: ask for less, or again when something was deleted.`,
  '010': `${filterRefused('Driver')} The filter function of every backend refused the share: another size or share type may work.`,
  '011': `${filterRefused('IgnoreAttemptedHosts')} Every backend that fits was tried already: ask again later.`,
  '012': `${filterRefused('Json')} No backend matches the query in the scheduler hints: ask for less in it.`,
  '013': `${filterRefused('Retry')} Every backend that fits was tried and failed: ask again later, or an administrator.`,
  '014': `${filterRefused('ShareReplication')} No backend can hold a replica of this share.`,
  '015':
    'Share Driver failed to extend share, The share status has been set to extending_error. ' +
    'It can be tried again; an administrator can reset it once the cause is mended.',
  '016': `${filterRefused('CreateFromSnapshot')} A share can be made from this snapshot only where the snapshot is.`,
  '017':
    'Share Driver has failed to create the share from snapshot. The snapshot is as it was: try again, or delete this ' +
    'share and make another one.',
  '018':
    'Share Driver refused to shrink the share. It holds more data than the new size: shrinking it would lose some. ' +
    'Its size is unchanged; delete data or choose a larger size.',
  '019':
    'Share Driver does not support shrinking shares. Its size is unchanged; a new share can be made in the smaller size.',
  '020':
    'Failed to grant access to client. This client must not have access to the share: name another client.',
  '021':
    'Failed to grant access to client. The backend does not support this type or level of access for the share: ' +
    'choose another one.',
  '022':
    'Share driver has failed to setup one or more security services that are associated with the used share network. ' +
    'The backend does not support it as it is.',
  '023':
    'Share Driver failed to create share due to a security service authentication issue. Check its user, password, ' +
    'ou and domain.',
  '024': 'No default share type has been made available. Name a share type.',
  '025':
    'Share Driver failed to create share because a security service has not been added to the share network used. ' +
    'Add one that the share type requires.',
  '026': 'Share transfer cannot be accepted without clearing access rules.',
  '027':
    'Failed to create a new network port on the share network subnet. The quota for ports of the network is exhausted: ' +
    'free some.',
  '028':
    'No storage could be allocated for this share request. No storage backend is ready at present: ask again later.',
  '029': 'Metadata passed to share driver successfully performed required operation.',
  '030': 'Metadata passed to share driver failed to perform required operation.',
  '031':
    'Metadata delete operation includes driver updatable metadata, and it is not passed to share driver to perform ' +
    'required operation. The backend keeps what it was told before.',
  '032': 'Cannot restore a given backup to a target share, not supported by share driver.',
  '033':
    'Share Driver failed to create share server on share network due no more free IP addresses in the neutron subnet. ' +
    'Free some, or name another share network.',
  '034': 'The backend does not support this configuration of replicas.',
} as const
export type MessageDetail = keyof typeof messageDetails

/** The words for what was tried; codes that a newer version wrote read as unknown. */
export const actionText = (actionId: string): string =>
  Object.hasOwn(messageActions, actionId) ? messageActions[actionId as MessageAction] : 'unknown action'

/** `detailId` when it is one of ours, else "unknown error": what a driver or an old record names is not trusted. */
export function knownDetail(detailId: string | null | undefined): MessageDetail {
  return detailId !== null && detailId !== undefined && Object.hasOwn(messageDetails, detailId)
    ? (detailId as MessageDetail)
    : '001'
}
