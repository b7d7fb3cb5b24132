/**
 * Every page that says how something is added is walked: what it shows is made in a copy of the tree, and what it says is run passes
 * there. In the long form the whole tree is checked, and a page of which any step is left out must fail.
 */
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { long } from '../helpers/long.ts'
import { deeds, walk } from './walk.ts'

const pages = readdirSync(join(import.meta.dirname, '../../docs')).filter((name) =>
  /^adding-.*\.md$/.test(name),
)

describe('whoever does what the page says is done', () => {
  test.each(pages)('%s', async (page) => {
    expect(deeds(page).length).toBeGreaterThan(0)
    await walk(page, { whole: long })
  })
})
