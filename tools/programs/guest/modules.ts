/** Which kernel modules to load, in which order. */
import { basename } from 'node:path'

/**
 * Reads a `modules.dep` (`path: paths it depends on`) and answers the paths of the wanted modules and of all they depend on,
 * each after what it depends on. A wanted module that isn't listed is taken to be built into the kernel.
 */
export function loadOrder(modulesDep: string, wanted: readonly string[]): readonly string[] {
  const needs = new Map<string, readonly string[]>()
  const byName = new Map<string, string>()
  for (const line of modulesDep.split('\n')) {
    const [path = '', list = ''] = line.split(':')
    if (path === '') continue
    needs.set(path, list.trim() === '' ? [] : list.trim().split(/\s+/))
    byName.set(basename(path).replace(/\.ko(\.\w+)?$/, ''), path)
  }
  const order = new Set<string>()
  const visiting = new Set<string>()
  const visit = (path: string): void => {
    if (order.has(path) || visiting.has(path)) return
    visiting.add(path)
    for (const needed of needs.get(path) ?? []) visit(needed)
    order.add(path)
  }
  for (const name of wanted) {
    const path = byName.get(name)
    if (path !== undefined) visit(path)
  }
  return [...order]
}
