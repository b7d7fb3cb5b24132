/** Whether an exporter is the one that its table in the configuration asks for. */
import type { ExporterTable } from '../config/exporters.ts'
import type { Publishes } from '../storage/contract/driver.ts'

/** Why the exporter can't be the one of its table; null when it can. */
export function mismatch(
  { key, protocol, exporter }: ExporterTable,
  spoken: readonly string[],
  native: Pick<Publishes, 'protocols'> | undefined,
): string | null {
  if (protocol === null) return null
  if (!spoken.includes(protocol))
    return `exporters.${key}: ${exporter} does not speak ${protocol}, but ${spoken.join(' and ') || 'nothing'}`
  if (native?.protocols.includes(protocol) === true)
    return `exporters.${key}: the driver publishes ${protocol} itself`
  return null
}
