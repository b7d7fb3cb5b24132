/** `config reference`: the page of every option. */
import { configurationReference } from '../config/reference.ts'
import type { PartFactory, Verb, World } from './verb.ts'

export const configReference: Verb = {
  name: 'config reference',
  summary: 'print every option with its default, as Markdown',
  help: 'Prints docs/guide/configuration.md from the schemas that the configuration is checked against.',
  async run({ world }) {
    const text = await referenceOf(world)
    return { code: 0, data: { markdown: text }, text }
  },
}

/** The page, with every built-in driver and exporter. */
export async function referenceOf(
  world: Pick<World, 'driverNames' | 'exporterNames' | 'loadDriver' | 'loadExporter'>,
): Promise<string> {
  const load = (names: readonly string[], one: (name: string) => Promise<PartFactory>) =>
    Promise.all(names.map(one))
  return configurationReference({
    drivers: await load(world.driverNames, (name) => world.loadDriver(name, '/')),
    exporters: await load(world.exporterNames, (name) => world.loadExporter(name, '/')),
  })
}
