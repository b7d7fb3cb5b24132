import { expect, it } from 'vitest'
import { destinations } from '../dashboard/frame/destinations.ts'
import { paths } from './dashboard/paths.ts'
import { visits } from './dashboard/visits.ts'

it('the walk goes to every route and to every place of the rail', () => {
  expect(paths.filter((path) => visits[path] === undefined)).toEqual([])
  expect(Object.keys(visits).filter((path) => !paths.includes(path))).toEqual([])
  const roots = destinations.map(({ to }) => to.split('?')[0])
  expect(roots.filter((to) => !paths.includes(to as string))).toEqual([])
})
