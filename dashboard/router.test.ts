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
  // A page that is on no other page's way is found from the rail.
  const first = paths.filter((path) => /^\/(?:admin\/)?[a-z-]+$/.test(path) && path !== '/admin')
  expect(first.length).toBeGreaterThan(10)
  expect(first.filter((path) => !destinations.some(({ to }) => to === path))).toEqual([])
})
