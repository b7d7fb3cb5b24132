import * as fc from 'fast-check'
import { expect, it } from 'vitest'
import { circlesOf, type Graph } from './circles.ts'
import { draw } from './drawing.ts'
import { importsOf } from './modules.ts'

const nodes = ['a', 'b', 'c', 'd', 'e', 'f']
const graphs: fc.Arbitrary<Graph> = fc
  .array(fc.tuple(fc.constantFrom(...nodes), fc.constantFrom(...nodes)), { maxLength: 12 })
  .map(
    (edges) =>
      new Map(nodes.map((node) => [node, edges.filter(([from]) => from === node).map(([, to]) => to)])),
  )

/** What is left when everything that imports nothing left is taken away, again and again. */
function leftOver(graph: Graph): string[] {
  const left = new Set(graph.keys())
  for (let before = -1; before !== left.size;) {
    before = left.size
    for (const node of left) if (!(graph.get(node) ?? []).some((next) => left.has(next))) left.delete(node)
  }
  return [...left]
}

it('finds a circle exactly where there is one, and every circle it names is one', () => {
  fc.assert(
    fc.property(graphs, (graph) => {
      const circles = circlesOf(graph)
      expect(circles.length > 0).toBe(leftOver(graph).length > 0)
      for (const circle of circles) {
        expect(new Set(circle).size).toBe(circle.length)
        circle.forEach((node, at) => expect(graph.get(node)).toContain(circle[(at + 1) % circle.length]))
      }
    }),
  )
})

it('names one circle for every knot, beginning with its first member', () => {
  const graph = new Map([
    ['b', ['a', 'c']],
    ['a', ['b']],
    ['c', ['d']],
    ['d', ['e']],
    ['e', ['d', 'c']],
  ])
  expect(circlesOf(graph)).toEqual([
    ['a', 'b'],
    ['c', 'd', 'e'],
  ])
})

it('reads every form of an import, and none in a comment', () => {
  const text = `/* import { no } from './no.ts' */
    import type { A } from './a.ts' // from './neither.ts'
    export { b } from '../b.ts'
    import 'side-effect'
    const later = () => import('./later.ts')`
  expect(importsOf('src/x/y.ts', text)).toEqual([
    { specifier: './a.ts', target: 'src/x/a.ts', lazy: false },
    { specifier: '../b.ts', target: 'src/b.ts', lazy: false },
    { specifier: 'side-effect', target: null, lazy: false },
    { specifier: './later.ts', target: 'src/x/later.ts', lazy: true },
  ])
})

it('draws layers from top to bottom, and says what goes round', () => {
  const module = (path: string, ...targets: string[]) => ({
    path,
    imports: targets.map((target) => ({ specifier: target, target, lazy: false })),
  })
  const tree = [
    module('src/db/a.ts', 'src/model/m.ts'),
    module('src/model/m.ts'),
    module('src/app/v.ts', 'src/db/a.ts', 'src/model/m.ts'),
    module('src/app/w.ts', 'src/model/m.ts', 'src/app/v.ts'),
  ]
  expect(draw(tree)).toEqual({
    circles: [],
    text: ` 2  app    2  → model 2, db 1
 1  db     1  → model 1
 0  model  1  → nothing

4 modules, no circle
`,
  })
  const { circles, text } = draw([...tree, module('src/model/up.ts', 'src/app/v.ts')])
  expect(circles).toEqual([['app', 'model']])
  expect(text).toContain('5 modules, 1 circles:\n  app → model → app')
})
