/** The tree's imports as text: layers from top to bottom, each with what it imports, and the circles if there are any. */
import { circlesOf, type Graph } from './circles.ts'
import { layerOf, type Module } from './modules.ts'

export interface Drawing {
  readonly text: string
  /** Of modules, and of layers. */
  readonly circles: readonly (readonly string[])[]
}

/**
 * The modules and what they import of one another. A page that its route reads when somebody goes there may know the route: in the
 * browser, what is lazy closes no circle.
 */
export const moduleGraph = (modules: readonly Module[]): Graph =>
  new Map(
    modules.map(({ path, imports }) => [
      path,
      imports.flatMap(({ target, lazy }) =>
        target === null || (lazy && path.startsWith('dashboard/')) ? [] : [target],
      ),
    ]),
  )

/** The same of their layers. */
export const layerGraph = (modules: readonly Module[]): Graph =>
  new Map([...layersOf(modules)].map(([name, { imports }]) => [name, [...imports.keys()]]))

/** A layer stands above all that it imports. */
export function draw(modules: readonly Module[]): Drawing {
  const graph = layerGraph(modules)
  const circles = [...circlesOf(moduleGraph(modules)), ...circlesOf(graph)]
  const layers = layersOf(modules)
  const names = [...layers.keys()].map((name) => ({ name, height: heightOf(graph, name) }))
  names.sort((a, b) => b.height - a.height || (a.name < b.name ? -1 : 1))
  const [wide, wideCount] = [
    Math.max(...names.map(({ name }) => name.length)),
    Math.max(...[...layers.values()].map((layer) => String(layer.modules).length)),
  ]
  const lines = names.map(({ name, height }) => {
    const { modules: count, imports } = layers.get(name) ?? nothing
    const below = [...imports]
      .toSorted(([, a], [, b]) => b - a)
      .map(([target, times]) => `${target} ${times}`)
    const told = below.length === 0 ? 'nothing' : below.join(', ')
    return `${String(height).padStart(2)}  ${name.padEnd(wide)}  ${String(count).padStart(wideCount)}  → ${told}`
  })
  const end =
    circles.length === 0
      ? `${modules.length} modules, no circle`
      : `${modules.length} modules, ${circles.length} circles:\n${circles.map((circle) => `  ${told(circle)}`).join('\n')}`
  return { text: `${lines.join('\n')}\n\n${end}\n`, circles }
}

/** `a → b → a`. */
export const told = (circle: readonly string[]): string => [...circle, circle[0]].join(' → ')

interface Layer {
  modules: number
  /** How many import statements name a module of that layer. */
  readonly imports: Map<string, number>
}
const nothing: Layer = { modules: 0, imports: new Map() }

function layersOf(modules: readonly Module[]): Map<string, Layer> {
  const known = new Set(modules.map(({ path }) => path))
  const layers = new Map<string, Layer>()
  for (const { path, imports } of modules) {
    const name = layerOf(path)
    const layer = layers.get(name) ?? { modules: 0, imports: new Map<string, number>() }
    layers.set(name, layer)
    layer.modules += 1
    for (const { target } of imports) {
      if (target === null || !known.has(target)) continue
      const below = layerOf(target)
      if (below !== name) layer.imports.set(below, (layer.imports.get(below) ?? 0) + 1)
    }
  }
  return layers
}

/** 0: imports no other. In a circle, as far as it goes without coming back. */
function heightOf(graph: Graph, name: string, above: readonly string[] = []): number {
  const below = (graph.get(name) ?? []).filter((one) => !above.includes(one) && one !== name)
  return below.length === 0 ? 0 : 1 + Math.max(...below.map((one) => heightOf(graph, one, [...above, name])))
}
