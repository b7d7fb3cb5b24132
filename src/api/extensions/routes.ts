/** Extensions over HTTP. What we have beyond Manila is announced by `/capabilities` instead. */
import { fault } from '../../model/errors.ts'
import { listExtensions, showExtension } from '../../wire/extensions/schema.ts'
import { route, type Route } from '../route.ts'

export const extensionRoutes: readonly Route[] = [
  route(listExtensions, {}, () => Promise.resolve({ extensions: [] })),
  route(showExtension, {}, () => Promise.reject(fault('NotFound'))),
]
