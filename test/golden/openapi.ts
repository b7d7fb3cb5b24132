/** The OpenAPI documents that are kept: the oldest microversion, the newest, and the one where access rules moved. */
import { routes } from '../../src/api/routes.ts'
import { maxMinor } from '../../src/model/version.ts'
import { openapi } from '../../src/wire/openapi.ts'

export const keptMinors = [0, 45, maxMinor] as const

export const fileOf = (minor: number): URL => new URL(`openapi-2.${minor}.json`, import.meta.url)

/** As text: indented, so that a review reads the difference. */
export const documentOf = (minor: number): string => `${JSON.stringify(openapi(routes, minor), null, 2)}\n`
