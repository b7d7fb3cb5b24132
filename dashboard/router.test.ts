import { createMemoryHistory, createRouter } from '@tanstack/react-router'
import { expect, it } from 'vitest'
import { destinations } from './frame/destinations.ts'
import { routeTree } from './router.tsx'

it('knows every place that the rail and the palette lead to, each once', () => {
  // Throws where two pages have one address.
  const router = createRouter({ routeTree, history: createMemoryHistory(), context: undefined as never })
  const paths = Object.keys(router.routesByPath)
  expect(destinations.map(({ to }) => to).filter((to) => !paths.includes(to))).toEqual([])
  expect(new Set(destinations.map(({ to }) => to)).size).toBe(destinations.length)
})
