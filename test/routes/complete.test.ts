/** The table written by hand and the routes of the code say the same, in both directions. */
import { expect, it } from 'vitest'
import { routes } from '../../src/api/routes.ts'
import { maxMinor } from '../../src/model/version.ts'
import { capabilities } from '../../src/wire/capabilities/schema.ts'
import { existsAt } from '../../src/wire/endpoint.ts'
import { routeTable } from './table.ts'

const plain = (path: string): string => path.replaceAll(/:\w+/g, ':x')

/** `METHOD path action minor` for each minor at which it exists. */
const tableSays = new Set<string>()
for (const { method, path, since, until, actions, later } of routeTable) {
  if (later === true) continue
  for (let minor = since; minor <= until; minor++) {
    for (const action of actions === undefined ? [''] : Object.keys(actions))
      tableSays.add(`${method} ${plain(path)} ${action} ${minor}`)
  }
}
const codeSays = new Set<string>()
for (const { endpoint: e } of routes) {
  for (let minor = 0; minor <= maxMinor; minor++) {
    if (existsAt(e, minor)) codeSays.add(`${e.method} ${plain(e.path)} ${e.action ?? ''} ${minor}`)
  }
}

/** Actions with versions of their own begin later than their path does. */
const actionSince: Readonly<Record<string, number>> = {
  revert: 27,
  soft_delete: 69,
  restore: 69,
  reset_task_state: 22,
}
const born = (line: string): boolean => {
  const [, path = '', action = '', minor = '0'] = line.split(' ')
  if (path === '/snapshots/:x/action' && (action === 'allow_access' || action === 'deny_access'))
    return Number(minor) >= 32
  if (path === '/snapshots/:x/action' && action === 'unmanage') return Number(minor) >= 12
  return Number(minor) >= (actionSince[action] ?? 0)
}
const short = (lines: string[]): string[] => [...new Set(lines.map((line) => line.replace(/ \d+$/, '')))]

it('has every route of the table', () => {
  expect(short([...tableSays].filter((line) => born(line) && !codeSays.has(line)))).toEqual([])
})

it('tells clients of what is ours', () => {
  const told = new Set(capabilities.flatMap(({ paths }) => paths).map((path) => path.replace('.json', '')))
  const own = routeTable
    .filter((route) => route.ours === true)
    .map(({ method, path }) => `${method} /v2${path.replaceAll(/:\w+/g, '{id}')}`)
  expect(own.length).toBeGreaterThan(10)
  expect(own.filter((path) => !told.has(path))).toEqual([])
})

it('has no route that the table does not know', () => {
  expect(short([...codeSays].filter((line) => !tableSays.has(line)))).toEqual([])
})
