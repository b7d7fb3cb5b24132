/** Capabilities over HTTP. */
import { capabilities, listCapabilities } from '../../wire/capabilities/schema.ts'
import { route, type Route } from '../route.ts'

export const capabilityRoutes: readonly Route[] = [
  route(listCapabilities, {}, () => Promise.resolve({ capabilities })),
]
