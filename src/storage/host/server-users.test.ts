import { expect, test } from 'vitest'
import { servedByUsers } from './server-users.ts'
import type { CallContext, Exporter, ExportRef, ServerUsers, Tree } from '../contract/driver.ts'

const call = {} as CallContext
const user = { name: 'manila-nfs-1', key: 'secret' }
const target = (tree: Tree | null): ExportRef => ({
  id: '1',
  protocol: 'NFS',
  projectId: 'p',
  state: {},
  tree,
  name: '1',
})

function both(fails: string | null = null) {
  const done: unknown[] = []
  const act = (what: string) => async (_: CallContext, ref: ExportRef) => {
    done.push(what === 'publish' ? ref.tree : what)
    if (fails === what) throw new Error(what)
    return [] as never
  }
  const exporter = { name: 'e', publish: act('publish'), unpublish: act('unpublish') } as unknown as Exporter
  const users: ServerUsers = {
    grant: async () => {
      done.push('grant')
      return user
    },
    withdraw: async () => void done.push('withdraw'),
  }
  return { done, wrapped: servedByUsers(exporter, users)! }
}

test('what lies on the storage is published as its own user, whom the tree of the caller never shows', async () => {
  const { done, wrapped } = both()
  const tree = { path: '/volumes/a', readOnly: false, ceph: { filesystem: 'f' } }
  await wrapped.publish(call, target(tree))
  await wrapped.publish(call, target({ path: '/a', readOnly: false }))
  expect(done).toEqual([
    'grant',
    { ...tree, ceph: { filesystem: 'f', user } },
    { path: '/a', readOnly: false },
  ])
  expect(JSON.stringify(tree)).not.toContain('secret')
})

test('the user goes after the export, and stays while the export does', async () => {
  const { done, wrapped } = both()
  await wrapped.unpublish(call, target(null))
  expect(done).toEqual(['unpublish', 'withdraw'])
  const failing = both('unpublish')
  await expect(failing.wrapped.unpublish(call, target(null))).rejects.toThrow('unpublish')
  expect(failing.done).toEqual(['unpublish'])
})

test('where the storage knows no users the exporter is left alone', () => {
  const exporter = { name: 'e' } as Exporter
  expect(servedByUsers(exporter, undefined)).toBe(exporter)
  expect(servedByUsers(null, undefined)).toBeNull()
})
