/**
 * User messages: what was tried and why it failed, as two short codes and the sentences they stand for. Codes are Manila's,
 * because its clients filter by them; `user_message` on the wire is {@link messageText}.
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

/** What came of it. */
export const messageDetails = {
  '001': 'An unknown error occurred.',
  '002': 'No storage could be allocated for this share. Another size, share type or zone may work.',
  '003': 'The share type does not use share servers, so a share network must not be given.',
  '004': 'No share server could be found or made for this share network.',
  '005': 'The share has no replica that is both active and available.',
  '006': 'The share has no active replica.',
  '007': 'No storage could be allocated: no backend is in a zone that the request and its share type allow.',
  '008': 'No storage could be allocated: no backend has every capability that the share type asks for.',
  '009': 'No storage could be allocated: no backend has enough room.',
  '010': 'No storage could be allocated: the filter function of every backend refused the share.',
  '011': 'No storage could be allocated: every backend that fits was tried already.',
  '012': 'No storage could be allocated: no backend matches the query in the scheduler hints.',
  '013': 'No storage could be allocated: every backend that fits was tried and failed.',
  '014': 'No storage could be allocated: no backend can hold a replica of this share.',
  '015': 'The backend could not extend the share.',
  '016': 'No storage could be allocated where a share can be made from this snapshot.',
  '017': 'The backend could not make the share from the snapshot.',
  '018': 'The share holds more data than the new size: shrinking it would lose some. Its size is unchanged.',
  '019': 'The backend that holds this share cannot shrink shares.',
  '020': 'This client must not have access to the share.',
  '021': 'The backend does not support this type or level of access for the share.',
  '022': 'The backend does not support this security service.',
  '023': 'The security service refused the credentials it was given.',
  '024': 'No share type was given and there is no default share type.',
  '025': 'The share network lacks a security service that the share type requires.',
  '026': 'The share has access rules: they must be cleared before it can change hands.',
  '027': 'The quota for ports of the network is exhausted.',
  '028': 'No storage backend is ready at present. Trying again later may help.',
  '029': 'The metadata was passed to the backend.',
  '030': 'The backend could not apply the metadata.',
  '031': 'The metadata was deleted, but the backend has not been told and keeps what it was told before.',
  '032': 'The backend cannot restore a backup to another share.',
  '033': 'The subnet of the network has no free address.',
  '034': 'The backend does not support this configuration of replicas.',
} as const
export type MessageDetail = keyof typeof messageDetails

/** `extend: The backend could not extend the share.`; codes that a newer version wrote read as unknown. */
export function messageText(actionId: string, detailId: string): string {
  const action = Object.hasOwn(messageActions, actionId)
    ? messageActions[actionId as MessageAction]
    : 'unknown action'
  const detail = Object.hasOwn(messageDetails, detailId)
    ? messageDetails[detailId as MessageDetail]
    : messageDetails['001']
  return `${action}: ${detail}`
}

/** `detailId` when it is one of ours, else "unknown error": what a driver or an old record names is not trusted. */
export function knownDetail(detailId: string | null | undefined): MessageDetail {
  return detailId !== null && detailId !== undefined && Object.hasOwn(messageDetails, detailId)
    ? (detailId as MessageDetail)
    : '001'
}
