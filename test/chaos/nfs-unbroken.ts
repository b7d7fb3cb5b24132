/** A client writes over NFS without a pause while every share process is restarted, cleanly and with SIGKILL: it must notice nothing. */
import { setTimeout as sleep } from 'node:timers/promises'
import { mountNfs } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { until } from '../faults/world.ts'
import type { Field } from './field.ts'

/** Milliseconds that one write may take: a client's own patience is minutes, this is the machine's noise. */
const boundMs = 2000
const block = Buffer.alloc(64 * 1024, 7)

export async function nfsUnbroken(
  field: Field,
  { say }: { readonly say: (line: string) => void },
): Promise<boolean> {
  const { cluster } = field
  if (cluster.nfsPort === null) throw new Error('there is no NFS here: btrfs and NFS-Ganesha are needed')
  const { share } = (
    await field.call('POST', '/shares', { share: { share_proto: 'NFS', size: 2, share_type: 'a' } })
  ).body as { share: { id: string } }
  await until('the share', 60_000, async () => {
    const { body } = await field.call('GET', `/shares/${share.id}`)
    if (body.share.status === 'error') throw new Error('the share went to error')
    return body.share.status === 'available'
  })
  const rule = { access_type: 'ip', access_to: '127.0.0.1', access_level: 'rw' }
  await field.call('POST', `/shares/${share.id}/action`, { allow_access: rule })
  const { body } = await field.call('GET', `/shares/${share.id}/export_locations`)
  const [host = '', path = ''] = (body.export_locations[0].path as string).split(/:(?=\/)/)
  const mount = { host, port: cluster.nfsPort, path, from: '127.0.0.1', timeoutMs: 20_000 }
  const nfs = await until('access', 30_000, () => mountNfs(mount).catch(() => null))

  const over = new AbortController()
  const gaps: number[] = []
  const writing = (async () => {
    for (let last = performance.now(); !over.signal.aborted;) {
      await nfs.write(`file-${gaps.length % 50}`, block)
      const now = performance.now()
      gaps.push(now - last)
      last = now
    }
  })()
  const before = field.ganesha()
  const servers = cluster.members.filter(({ program }) => program === 'manila-share')
  for (const end of ['restart', 'kill'] as const) {
    for (const server of servers) {
      const { starts } = server
      if (end === 'kill') server.kill()
      else await server.restart()
      await until(
        `${server.name} to run again`,
        60_000,
        async () => server.starts > starts && server.pid !== 0,
      )
      await sleep(2000)
    }
  }
  await until('the backends', 60_000, async () => {
    await cluster.ready()
    return true
  })
  over.abort()
  await writing
  await nfs.close()
  const longest = Math.max(...gaps)
  const same = field.ganesha() === before && before !== null
  say(
    `${gaps.length} writes of 64 KiB while ${servers.length} share processes were restarted and killed: longest ${longest.toFixed(0)} ms (at most ${boundMs}); NFS-Ganesha ${same ? 'ran on' : 'was restarted'}`,
  )
  await field.cluster.stopMembers()
  return longest <= boundMs && same
}
