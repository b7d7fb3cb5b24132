/**
 * One exporter out of two: what a driver publishes natively, and what the configured exporter publishes for it. Each share
 * goes to whoever speaks its protocol, the driver first; where only an id is known, both are told.
 */
import { DriverError, type Exporter, type ExportRef, type Publishes } from '../storage/contract/driver.ts'

/** Null when nobody publishes anything. */
export function publisherOf(native: Publishes | undefined, exporter: Exporter | null): Exporter | null {
  if (native === undefined) return exporter
  const both: readonly Publishes[] = exporter === null ? [native] : [native, exporter]
  const speaker = ({ protocol }: ExportRef): Publishes => {
    const found = both.find((one) => one.protocols.includes(protocol))
    if (found !== undefined) return found
    throw new DriverError(`nobody here publishes ${protocol}`, 'nothing-happened', { reason: 'unsupported' })
  }
  return {
    name: exporter?.name ?? 'native',
    protocols: [...new Set(both.flatMap((one) => one.protocols))],
    accessTypes: both.flatMap((one) =>
      one.accessTypes.filter(([protocol]) => one === native || !native.protocols.includes(protocol)),
    ),
    ...leftOpen(both),
    pretends: both.every((one) => one.pretends === true),
    setup: async (call) => exporter?.setup(call),
    stop: async (call, options) => exporter?.stop(call, options),
    publish: async (call, target) => speaker(target).publish(call, target),
    async unpublish(call, target) {
      const told = target.protocol === '' ? both : [speaker(target)]
      for (const one of told) await one.unpublish(call, target)
    },
    applyRules: async (call, target, rules) => speaker(target).applyRules(call, target, rules),
    async inventory(call) {
      const ids: string[] = []
      for (const one of both) ids.push(...(await one.inventory(call)))
      return ids
    },
    async damaged(call) {
      const ids: string[] = []
      for (const one of both) ids.push(...((await one.damaged?.(call)) ?? []))
      return ids
    },
    troubles: () => both.flatMap((one) => one.troubles?.() ?? []),
    async settled(call) {
      for (const one of both) await one.settled?.(call)
    },
  }
}

/** What every one of them leaves open; nothing is promised when one of them promises nothing. */
function leftOpen(all: readonly Publishes[]): Pick<Publishes, 'leftOpen'> {
  const sentences = new Set(all.map((one) => one.leftOpen))
  return sentences.has(undefined) ? {} : { leftOpen: [...sentences].join(' ') }
}
