/**
 * Every page that says how something is added is walked: what it shows is made in a copy of the tree, and what it says is run passes
 * there. In the long form the whole tree is checked, and a page of which any step is left out must fail.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { long } from '../helpers/long.ts'
import { stepsOf } from './page.ts'
import { walk } from './walk.ts'

const docs = join(import.meta.dirname, '../../docs')
const pages = readdirSync(docs)
  .filter((name) => /^adding-.*\.md$/.test(name))
  .map((name) => ({ name, markdown: readFileSync(join(docs, name), 'utf8') }))

/** Indices and lines of the steps that make or change a file. */
const deeds = (markdown: string) =>
  stepsOf(markdown).flatMap(({ kind, line }, index) => (kind === 'run' ? [] : [{ index, line }]))

/** What only a hang reaches: a walk waits for some programs, each of which may wait for a busy machine. */
const timeout = 900_000

describe('whoever does what the page says is done', () => {
  test('there are pages, and all have an example', () => {
    expect(pages.length).toBeGreaterThan(5)
    for (const { name, markdown } of pages) expect([name, deeds(markdown).length > 0]).toEqual([name, true])
  })

  test.each(pages)('$name', { timeout }, ({ markdown }) => walk(markdown, { whole: long }))
})

const small = `
\`\`\`ts
// src/model/one.ts
export const one = 1
\`\`\`
\`\`\`ts
// src/model/two.ts
export const two = 1 + 1
\`\`\`
\`\`\`sh
test -s src/model/one.ts
grep -q 1 src/model/two.ts
\`\`\`
`

describe('whoever leaves a step out is not', () => {
  test('of a page of two', async () => {
    await walk(small)
    await expect(walk(small, { without: 0 })).rejects.toThrow('line 10: test -s')
    await expect(walk(small, { without: 1 })).rejects.toThrow('line 10: grep -q')
  })

  if (!long) return
  for (const { name, markdown } of pages)
    test.each(deeds(markdown))(`${name} without line $line`, { timeout }, async ({ index }) => {
      await expect(walk(markdown, { without: index })).rejects.toThrow(/^line \d+/)
    })
})
