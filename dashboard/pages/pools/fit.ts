/** Which share types a pool satisfies, by the law of the scheduler's capabilities filter. */
import { compileSpecs, unmetSpecs, type UnmetSpec } from '../../../src/model/extra-spec-match.ts'
import { protocolChoices } from '../../../src/model/storage-protocol.ts'
import type { Capabilities } from './capacity.ts'

/** The wire says several protocols as one word, `NFS_CIFS`; a type may ask for one of them, or for the whole. */
export function choicesOf(capabilities: Capabilities): Capabilities {
  const { storage_protocol: told } = capabilities
  if (typeof told !== 'string' || !told.includes('_')) return capabilities
  return { ...capabilities, storage_protocol: protocolChoices(told.split('_')) }
}

export const specsOf = (type: {
  readonly extra_specs: Readonly<Record<string, string | boolean>>
}): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(type.extra_specs).map(([key, value]) => [key, String(value)]))

/** What of `specs` the pool does not meet; empty = it takes shares of that type, as far as its abilities go. */
export const lacks = (
  capabilities: Capabilities,
  specs: Readonly<Record<string, string>>,
): readonly UnmetSpec[] => unmetSpecs(choicesOf(capabilities), compileSpecs(specs))
