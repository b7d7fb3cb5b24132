/** Pools with and without what they report. */
import type { Pool } from '../../app/pools/list.ts'

export const poolSummary = ({ name, host, backend, pool }: Pool): object => ({ name, host, backend, pool })

export const poolDetail = (pool: Pool): object => ({
  ...poolSummary(pool),
  capabilities: pool.capabilities,
})
