import type { Filter, PoolView } from '../types.ts'

/**
 * Runs after every chain: a share goes only where an exporter speaks its protocol. The capabilities filter asks for that as well,
 * unless the share type says which protocol it wants; this one asks for the protocol that the share will have.
 */
export const protocolFilter: Filter = {
  name: 'protocol',
  judge: ({ kind, shareProto }) => {
    if (shareProto === null || kind === 'extend' || kind === 'group') return () => null
    const wanted = shareProto.toUpperCase()
    return (pool) => {
      const spoken = words(pool, 'storage_protocol')
      if (spoken === null || spoken.includes(wanted)) return null
      const down = downSentence(pool, shareProto)
      if (down !== null) return down
      return `No exporter of ${pool.backendLabel} speaks ${shareProto}, but ${spoken.join(' and ') || 'none is up'}.`
    }
  },
}

/** That the exporter for this protocol is there and takes nothing now; null when that is not so. */
export function downSentence(pool: PoolView, protocol: string): string | null {
  const among = (key: string): boolean => words(pool, key)?.includes(protocol.toUpperCase()) === true
  const exporter = `The exporter of ${pool.backendLabel} for ${protocol}`
  if (among('storage_protocols_down')) return `${exporter} is not up.`
  return among('storage_protocols_full') ? `${exporter} has as many exports as it can have.` : null
}

/** Null when the pool does not say, or not in words. */
function words({ capabilities }: PoolView, key: string): readonly string[] | null {
  const said = capabilities[key]
  // Several are one word on Manila's wire.
  if (typeof said === 'string') return said.toUpperCase().split('_')
  if (!Array.isArray(said)) return null
  return (said as readonly unknown[]).flatMap((one) => (typeof one === 'string' ? [one.toUpperCase()] : []))
}
