/** The address of every page, as the router knows it. */
import { createMemoryHistory, createRouter } from '@tanstack/react-router'
import { routeTree } from '../../dashboard/router.tsx'

const router = createRouter({ routeTree, history: createMemoryHistory(), context: undefined as never })
export const paths: readonly string[] = [
  ...new Set(
    Object.values(router.routesById)
      .filter(({ id }) => id !== '__root__')
      .map(({ fullPath }) => (fullPath as string).replace(/(.)\/$/, '$1')),
  ),
]
