/** What both sessions about share groups need: a service, a stock shell, and the sum at the end. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { startServiceProcess } from '../helpers/service-process.ts'
import { ledgerOf, stockGroupCommands, type Ledger } from '../helpers/stock-ledger.ts'
import { stockShell } from '../helpers/stock-shell.ts'
import { session, type Session, type SessionOptions } from './identity-script.ts'

export interface GroupSession {
  readonly clouds: string
  /** A session of the client; what works in it is counted. */
  open(options?: SessionOptions): Session
  /** Says how it went, and insists that nothing is missing but what is named, each with its reason, sorted. */
  settle(unable: Readonly<Record<string, string>>): void
  end(): Promise<void>
}

/** A service with one pool, two users and share groups of the type `pairs` when none is named. */
export async function startGroupSession(client: 'openstack' | 'manila'): Promise<GroupSession> {
  const dir = mkdtempSync(join(tmpdir(), `manila-stock-groups-`))
  const ledger: Ledger = ledgerOf(stockGroupCommands()[client])
  const pools = [{ name: 'p', total_gib: 500, thin: true }]
  const service = await startServiceProcess({
    dir: join(dir, 'var'),
    kind: 'sim',
    settings: {
      shares: { default_share_group_type: 'pairs' },
      backends: { alpha: { driver: 'sim', exporter: 'sim', driver_options: { pools } } },
    },
  })
  const shell = stockShell(client === 'openstack' ? 'openstackclient.shell' : 'manilaclient.shell', dir)
  let stock: Session | undefined
  return {
    clouds: service.clouds,
    open: (options = {}) =>
      (stock = session(shell, service.clouds, {
        ...options,
        program: client,
        strict: true,
        worked: ledger.worked,
      })),
    settle(unable) {
      const left = Object.entries(unable).map(([words, why]) => `\n  not ${words}: ${why}`)
      process.stdout.write(
        `${client}, share groups: ${ledger.sums()} work; ${stock?.report()}${left.join('')}\n`,
      )
      expect(ledger.missing()).toEqual(Object.keys(unable))
    },
    async end() {
      shell.end()
      await service.stop()
      rmSync(dir, { recursive: true, force: true })
    },
  }
}
