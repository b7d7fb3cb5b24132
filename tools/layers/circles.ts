/** Circles in a graph: who imports whom, and at last itself. */

/** Who points at whom. Targets that are no key are nothing to it. */
export type Graph = ReadonlyMap<string, readonly string[]>

/**
 * A shortest circle of every knot, each named once and beginning with the first of its members by name; empty when there is none.
 * A knot (where each reaches each) may hold more: they show when the first is cut.
 */
export function circlesOf(graph: Graph): string[][] {
  return knotsOf(graph)
    .map((knot) => {
      const [first = ''] = knot.toSorted()
      return shortestBack(graph, first, new Set(knot))
    })
    .toSorted(([a = ''], [b = '']) => (a < b ? -1 : 1))
}

/** Tarjan's: the groups in which everyone reaches everyone, but for those that stand alone. */
function knotsOf(graph: Graph): string[][] {
  const knots: string[][] = []
  const found = new Map<string, number>()
  const lowest = new Map<string, number>()
  const path: string[] = []
  const onPath = new Set<string>()
  const visit = (node: string): number => {
    const place = found.size
    found.set(node, place)
    path.push(node)
    onPath.add(node)
    let low = place
    for (const next of graph.get(node) ?? []) {
      if (!graph.has(next)) continue
      if (!found.has(next)) low = Math.min(low, visit(next))
      else if (onPath.has(next)) low = Math.min(low, lowest.get(next) ?? found.get(next) ?? low)
    }
    lowest.set(node, low)
    if (low < place) return low
    const knot = path.splice(path.indexOf(node))
    for (const one of knot) onPath.delete(one)
    if (knot.length > 1 || graph.get(node)?.includes(node) === true) knots.push(knot)
    return low
  }
  for (const node of graph.keys()) if (!found.has(node)) visit(node)
  return knots
}

function shortestBack(graph: Graph, start: string, within: ReadonlySet<string>): string[] {
  const cameFrom = new Map<string, string>()
  const waiting = [start]
  for (const node of waiting) {
    for (const next of graph.get(node) ?? []) {
      if (next === start) return wayTo(node, cameFrom)
      if (!within.has(next) || cameFrom.has(next)) continue
      cameFrom.set(next, node)
      waiting.push(next)
    }
  }
  return []
}

function wayTo(end: string, cameFrom: ReadonlyMap<string, string>): string[] {
  const way = [end]
  for (let at = cameFrom.get(end); at !== undefined; at = cameFrom.get(at)) way.unshift(at)
  return way
}
