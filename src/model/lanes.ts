/** The names of lanes: what is in one lane happens one after the other. */

export const instanceLane = (instanceId: string): string => `instance:${instanceId}`
/** The instance of a lane, or null for lanes of other things. */
export function instanceOfLane(lane: string): string | null {
  const prefix = instanceLane('')
  return lane.startsWith(prefix) ? lane.slice(prefix.length) : null
}

/** Of a share group and its group snapshots. */
export const groupLane = (groupId: string): string => `group:${groupId}`

export const backendLane = (backendId: string): string => `backend:${backendId}`

/** Of whoever looks after the whole of a backend. */
export const leaderLane = (backendId: string): string => `leader:${backendId}`
