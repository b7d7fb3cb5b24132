import { expect, test } from 'vitest'
import { loadOrder } from './modules.ts'

const listing = `kernel/fs/nfs/nfsv4.ko: kernel/fs/nfs/nfs.ko kernel/net/sunrpc.ko
kernel/fs/nfs/nfs.ko: kernel/fs/lockd.ko.xz kernel/net/sunrpc.ko
kernel/fs/lockd.ko.xz: kernel/net/sunrpc.ko
kernel/net/sunrpc.ko:
kernel/other.ko:
`

test('each module comes once, after what it depends on; what is built in is left out', () => {
  expect(loadOrder(listing, ['nfsv4', 'lockd', 'built_in'])).toEqual([
    'kernel/net/sunrpc.ko',
    'kernel/fs/lockd.ko.xz',
    'kernel/fs/nfs/nfs.ko',
    'kernel/fs/nfs/nfsv4.ko',
  ])
  expect(loadOrder(listing, ['built_in'])).toEqual([])
})

test('a circle ends', () => {
  expect(loadOrder('a.ko: b.ko\nb.ko: a.ko\n', ['a'])).toEqual(['b.ko', 'a.ko'])
})
