/** How an outcome of the audit trail looks. */
import type { Tone } from '../../ui/status.tsx'

export const toneOfOutcome = (outcome: string): Tone =>
  outcome === 'success' ? 'ok' : outcome === 'failure' ? 'bad' : 'working'
