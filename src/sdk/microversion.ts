/** Which microversion to speak: the newest that both sides know, or the one asked for. */
import { maxMinor, minMinor, parseVersion } from '../model/version.ts'
import { localError } from './api-error.ts'

export interface ServerVersions {
  readonly minMinor: number
  readonly maxMinor: number
}

/** The part of a service's URL before `/v2`, ending in a slash: where the version document is. */
export function rootOf(endpoint: string): string {
  const url = new URL(endpoint)
  const path = url.pathname.replace(/\/v\d+(\.\d+)?(\/.*)?$/, '')
  return `${url.origin}${path.replace(/\/+$/, '')}/`
}

/** The service's URL with `/v2` and without a slash at the end; a project id after it is kept. */
export function serviceUrl(endpoint: string): string {
  const url = new URL(endpoint)
  const path = url.pathname.replace(/\/+$/, '')
  return `${url.origin}${/\/v\d+(\.\d+)?(\/|$)/.test(path) ? path : `${path}/v2`}`
}

/** What `GET /` of the service says it can speak. Throws `badReply` when it is no version document of API 2. */
export function versionsIn(document: unknown, request: string): ServerVersions {
  const entries = (document as { versions?: unknown } | null)?.versions
  const current = Array.isArray(entries)
    ? (entries as { status?: unknown; version?: unknown; min_version?: unknown }[]).find(
        (entry) => entry?.status === 'CURRENT',
      )
    : undefined
  const newest = typeof current?.version === 'string' ? parseVersion(current.version) : null
  const oldest = typeof current?.min_version === 'string' ? parseVersion(current.min_version) : null
  if (newest === null || oldest === null || newest.major !== 2) {
    throw localError(
      'badReply',
      request,
      'The endpoint does not describe version 2 of the Shared File Systems API.',
    )
  }
  return { minMinor: oldest.major === 2 ? oldest.minor : 0, maxMinor: newest.minor }
}

/**
 * The minor to speak. `wanted` is `2.N`, `latest` or absent; a version above the server's newest is lowered to it, one
 * below its oldest is an error.
 */
export function chooseMinor(wanted: string | undefined, server: ServerVersions): number {
  const request = 'version negotiation'
  const ours = Math.min(maxMinor, server.maxMinor)
  if (ours < Math.max(minMinor, server.minMinor)) {
    throw localError(
      'notAtThisVersion',
      request,
      `The server speaks 2.${server.minMinor} to 2.${server.maxMinor}, this client 2.${minMinor} to 2.${maxMinor}.`,
    )
  }
  if (wanted === undefined || wanted === 'latest') return ours
  const parsed = wanted === '2' ? { major: 2, minor: ours } : parseVersion(wanted)
  if (parsed === null || parsed.major !== 2 || parsed.minor > maxMinor) {
    throw localError(
      'badSettings',
      request,
      `The API version must be 2.${minMinor} to 2.${maxMinor} or latest, not ${JSON.stringify(wanted.slice(0, 40))}.`,
    )
  }
  if (parsed.minor < server.minMinor) {
    throw localError(
      'notAtThisVersion',
      request,
      `Version ${wanted} was asked for, but the server speaks 2.${server.minMinor} to 2.${server.maxMinor}.`,
    )
  }
  return Math.min(parsed.minor, ours)
}
