/**
 * The golden table of who may what: every route at every range of microversions as every persona about its own and about others' objects,
 * asked of the whole API. What is expected stands in `personas/rows-*.ts`, written by hand.
 */
import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { routes } from '../../src/api/routes.ts'
import { chosen } from './chosen.ts'
import { document, documentFile } from './personas/document.ts'
import { askOf, cellsOf, unasked, type Cell } from './personas/matrix.ts'
import { rows } from './personas/rows.ts'
import { openWorld, type World } from './personas/world.ts'

let world: World
beforeAll(async () => {
  world = await openWorld()
})
afterAll(() => world.close())

const told = ({ row, as, target, minor, experimental, expected }: Cell, status: number, text: string) =>
  `${row.method} ${row.path}${row.action === null ? '' : ` ${row.action}`}` +
  `${minor === null ? '' : ` at 2.${minor}${experimental ? ' experimental' : ''}`} as ${as}` +
  `${target === null ? '' : ` of ${target}`}: expected ${expected}, got ${status} ${text.slice(0, 160)}`

test('every route answers every persona as the table says', async () => {
  const differences: string[] = []
  const cells = cellsOf(rows.filter(chosen), routes)
  for (const cell of cells) {
    const { status, text } = await world.ask(askOf(cell, world.nouns(cell.target ?? 'p')))
    if (status !== cell.expected) differences.push(told(cell, status, text))
  }
  const missing = unasked(rows, routes, world.registered)
  console.log(`${cells.length} asked, ${missing.length} unasked, ${differences.length} differences`)
  expect(missing).toEqual([])
  expect(differences).toEqual([])
}, 240_000)

test('the document is what is kept; after a meant change: npm run golden', () => {
  expect(document()).toBe(readFileSync(documentFile, 'utf8'))
})
