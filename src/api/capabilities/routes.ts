/** Capabilities, and what the service knows of the caller's own address, over HTTP. */
import { capabilities, listCapabilities, showCaller } from '../../wire/capabilities/schema.ts'
import { route, type Route } from '../route.ts'

export const capabilityRoutes: readonly Route[] = [
  route(listCapabilities, {}, () => Promise.resolve({ capabilities })),
  route(showCaller, {}, (_ctx, { address }) => Promise.resolve({ address })),
]
