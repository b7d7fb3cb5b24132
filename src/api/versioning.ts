/** Microversion negotiation and the version documents: reference facts of the wire, not ours to improve. */
import { maxMinor, minMinor, parseVersion } from '../model/version.ts'
import { fault, invalid } from '../model/errors.ts'

export const versionHeader = 'x-openstack-manila-api-version'
export const experimentalHeader = 'x-openstack-manila-api-experimental'

/** N of `2.N`. Absent means 2.0; malformed is 400; out of range is 406. */
export function negotiate(header: string | undefined): number {
  if (header === undefined || header === '') return minMinor
  const version = parseVersion(header)
  if (version === null) {
    throw invalid(
      `API version string ${header.slice(0, 40)} is of invalid format. It must be of the form 2.N.`,
    )
  }
  if (version.major !== 2 || version.minor < minMinor || version.minor > maxMinor) {
    throw fault('VersionNotAcceptable', {
      message: `Version ${header} is not supported by the API. Minimum is 2.${minMinor} and maximum is 2.${maxMinor}.`,
    })
  }
  return version.minor
}

/** The document of `GET /` (300) and `GET /v2/` (200). */
export function versionDocument(base: string): object {
  return {
    versions: [
      {
        id: 'v2.0',
        status: 'CURRENT',
        version: `2.${maxMinor}`,
        min_version: `2.${minMinor}`,
        updated: '2015-08-27T11:33:21Z',
        links: [
          { rel: 'describedby', type: 'text/html', href: 'http://docs.openstack.org/' },
          { rel: 'self', href: `${base}/v2/` },
        ],
        'media-types': [{ base: 'application/json', type: 'application/vnd.openstack.share+json;version=1' }],
      },
    ],
  }
}
