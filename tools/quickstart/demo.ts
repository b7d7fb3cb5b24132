/**
 * The demonstration: a tenant asks for a share, allows itself, writes a file over NFS and reads it back; a stranger is
 * refused; a read-only rule refuses writes. It talks to the service as any client would, through the SDK.
 */
import { createHash, randomBytes } from 'node:crypto'
import { styleText } from 'node:util'
import { mountNfs, NfsError } from '../../src/storage/contract/conformance/nfs4/index.ts'
import { isNotFound } from '../../src/sdk/api-error.ts'
import { connect } from '../../src/sdk/connect.ts'
import type { Client } from '../../src/sdk/client.ts'
import { waitFor } from '../../src/sdk/watch.ts'
import { allowAccess, denyAccess, showAccessRule } from '../../src/wire/access-rules/schema.ts'
import { listExportLocations } from '../../src/wire/export-locations/schema.ts'
import { createShare, deleteShare, showShare } from '../../src/wire/shares/schema.ts'
import { showShareUsage } from '../../src/wire/usages/schema.ts'
import type { Choice } from './host.ts'
import type { RunOptions } from './demo-directory.ts'
import type { Steps } from './say.ts'
import { readState, rememberDemonstration } from './state.ts'

/** Addresses of this host that play the clients. */
const owner = '127.0.0.1'
const guest = '127.0.0.2'
const stranger = '127.0.0.3'

const message = randomBytes(1024 * 1024)
const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/**
 * Throws at the first thing that is not as promised. Leaves the share for the user to look at, except with `--once` and after a
 * failure: however often it is tried, one share is there at most besides those of `--once`, which take theirs away.
 */
export async function demonstrate(
  clouds: string,
  choice: Choice,
  options: RunOptions,
  told: Steps,
): Promise<void> {
  const who = options.directory === undefined ? 'user demo' : 'ada of the directory'
  told.line(`\n  ${styleText('bold', `As ${who}:`)}`)
  const client = await told.step('sign in', () =>
    connect({ cloud: 'manila-demo', env: { OS_CLIENT_CONFIG_FILE: clouds } }),
  )
  const leftOver = readState(options.dir)?.demonstration
  if (leftOver?.isComplete === false && leftOver.shareId !== null) {
    const { shareId } = leftOver
    await told.step(`take away share ${shareId}, which an earlier try left`, () => remove(client, shareId))
  }
  let made: string | null = null
  // Known before the share can fail, and to the next start when this one is killed.
  const begun = (id: string): void => {
    made = id
    if (leftOver?.isComplete !== true) rememberDemonstration(options.dir, { shareId: id, isComplete: false })
  }
  const ended = (shareId: string | null, isComplete: boolean): void => {
    if (leftOver?.isComplete !== true) rememberDemonstration(options.dir, { shareId, isComplete })
  }
  try {
    const id = await act(client, begun, { choice, options, told })
    if (options.once) {
      await told.step('delete the share', () => remove(client, id))
      ended(null, false)
    } else ended(id, true)
  } catch (error) {
    if (made !== null)
      await remove(client, made).then(
        () => ended(null, false),
        // The next start tries again; why the demonstration failed is what has to be said now.
        () => undefined,
      )
    throw error
  }
}

interface Stage {
  readonly choice: Choice
  readonly options: RunOptions
  readonly told: Steps
}

/** All that is shown of a share. Answers its id; `begun` hears it as soon as there is one. */
async function act(
  client: Client,
  begun: (id: string) => void,
  { choice, options, told }: Stage,
): Promise<string> {
  const id = await told.step(
    'create a share of 1 GiB',
    () => create(client, begun),
    (shareId) => shareId,
  )
  const path = await told.step(
    'where it is exported',
    () => exportPath(client, id),
    (found) => found,
  )
  const owned = await told.step(`allow ${owner} to read and write`, () => allow(client, id, owner, 'rw'))
  await told.step(`allow ${guest} to read`, () => allow(client, id, guest, 'ro'))
  if (choice.exported) await overNfs(path, options, told)
  else told.line('  (no NFS here: the pretend backend keeps no bytes)')
  await told.step(
    'how full it is',
    () => usage(client, id, choice),
    (text) => text,
  )
  await told.step(`deny ${owner} again`, () => deny(client, id, owned))
  return id
}

async function create(client: Client, begun: (id: string) => void): Promise<string> {
  const { share } = await client.call(createShare, {
    body: { share: { share_proto: 'NFS', size: 1, name: 'quickstart' } },
  })
  begun(share.id)
  await settled(client, share.id, 'available')
  return share.id
}

async function settled(client: Client, id: string, status: string): Promise<void> {
  const read = async (): Promise<string> => (await client.call(showShare, { params: { id } })).share.status
  const result = await waitFor(client, {
    resourceId: id,
    status: read,
    until: [status],
    pollMs: 50,
    timeoutMs: 60_000,
  })
  if (result.ended === 'done') return
  const why =
    result.ended === 'failed'
      ? (result.operation?.cause?.detail ?? result.operation?.cause?.message ?? `it is ${result.status}`)
      : 'it takes too long'
  throw new Error(`share ${id} did not become ${status}: ${why}`)
}

async function exportPath(client: Client, id: string): Promise<string> {
  const { export_locations } = await client.call(listExportLocations, { params: { id } })
  const first = export_locations[0]
  if (first === undefined) throw new Error(`share ${id} has no export location`)
  return first.path
}

async function allow(client: Client, id: string, to: string, level: 'rw' | 'ro'): Promise<string> {
  const body = { access_type: 'ip', access_to: to, access_level: level }
  const { access } = (await client.act(allowAccess, { params: { id }, body })) as { access: { id: string } }
  await until(async () => {
    const rule = (await client.call(showAccessRule, { params: { id: access.id } })).access
    if (rule.state === 'error') throw new Error(`the rule for ${to} was refused`)
    return rule.state === 'active'
  })
  return access.id
}

async function deny(client: Client, id: string, ruleId: string): Promise<void> {
  await client.act(denyAccess, { params: { id }, body: { access_id: ruleId } })
  await until(async () => {
    try {
      await client.call(showAccessRule, { params: { id: ruleId } })
      return false
    } catch (error) {
      if ((error as { status?: number }).status === 404) return true
      throw error
    }
  })
}

async function overNfs(path: string, options: RunOptions, told: Steps): Promise<void> {
  const [host = '', exported = ''] = path.split(/:(?=\/)/)
  const port = readState(options.dir)?.nfsPort ?? 2049
  const mount = (from: string) => mountNfs({ host, port, path: exported, from, timeoutMs: 20_000 })
  await told.step('write 1 MiB over NFS', async () => {
    const nfs = await mount(owner)
    await nfs.write('hello', message)
    await nfs.close()
  })
  await told.step(
    'read it back',
    async () => {
      const nfs = await mount(owner)
      const back = await nfs.read('hello')
      await nfs.close()
      if (digest(back) !== digest(message))
        throw new Error(`${back.length} bytes came back, and they are not what was written`)
      return digest(back)
    },
    (sum) => `every byte came back (sha256 ${sum.slice(0, 16)}…)`,
  )
  await told.step(`${guest} reads`, async () => {
    const nfs = await mount(guest)
    const back = await nfs.read('hello')
    await nfs.close()
    if (digest(back) !== digest(message)) throw new Error('other bytes came back')
  })
  await refused(told, `${guest} may not write`, ['NFS4ERR_ROFS'], async () => {
    const nfs = await mount(guest)
    try {
      await nfs.write('intruder', Buffer.from('no'))
    } finally {
      await nfs.close()
    }
  })
  await refused(
    told,
    `${stranger} may not even look`,
    ['NFS4ERR_NOENT', 'NFS4ERR_ACCESS', 'NFS4ERR_PERM'],
    async () => {
      const nfs = await mount(stranger)
      await nfs.close()
    },
  )
}

/** The opposite of a step: it must fail, and for the right reason. */
function refused(
  told: Steps,
  title: string,
  reasons: readonly string[],
  attempt: () => Promise<void>,
): Promise<string> {
  return told.step(
    title,
    async () => {
      try {
        await attempt()
      } catch (error) {
        if (error instanceof NfsError && reasons.includes(error.code)) return error.code
        throw error
      }
      throw new Error('it was let through')
    },
    (code) => `refused (${code})`,
  )
}

async function usage(client: Client, id: string, choice: Choice): Promise<string> {
  const { usage: seen } = await client.call(showShareUsage, { params: { id }, query: { refresh: true } })
  if (seen.used_bytes === null) return `not known: ${seen.reason ?? 'no reason given'}`
  if (choice.exported && choice.kind !== 'directory' && seen.used_bytes < message.length) {
    throw new Error(`${seen.used_bytes} bytes are reported, more were written`)
  }
  return `${(seen.used_bytes / 1024 ** 2).toFixed(1)} MiB of ${seen.size_gib} GiB (${seen.method})`
}

/** Also one that is gone already. */
async function remove(client: Client, id: string): Promise<void> {
  await client.call(deleteShare, { params: { id } }).catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
  await until(async () => {
    try {
      const { share } = await client.call(showShare, { params: { id } })
      if (share.status.includes('error')) throw new Error(`the share is ${share.status}`)
      return false
    } catch (error) {
      if (isNotFound(error)) return true
      throw error
    }
  })
}

async function until(done: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 30_000
  while (!(await done())) {
    if (performance.now() > end) throw new Error('it did not happen within 30 s')
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
}
