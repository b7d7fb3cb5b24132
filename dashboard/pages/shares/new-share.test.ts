import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import { ApiError } from '../../../src/sdk/api-error.ts'
import { createShare } from '../../../src/wire/shares/schema.ts'
import { problemAt } from '../../ui/problem-at.ts'
import { shareCommands } from './commands.ts'
import { blankShare, bodyOf, formIn } from './new-share.ts'
import { refusalOf } from './refusal.ts'

test('of a form that is filled only what is needed, only that is sent', () => {
  expect(bodyOf(blankShare)).toEqual({ share: { share_proto: 'NFS', size: 1 } })
  expect(shareCommands.create(blankShare)).toBe('manila share create NFS 1 --wait')
})

test('a form that is filled', () => {
  const form = {
    ...blankShare,
    name: "it's $HOME",
    type: 'gold',
    zone: 'nova',
    snapshot: '309fcedb-c45f-4f63-bd10-aec022f3426e',
    isPublic: true,
    metadata: [
      { row: '1', key: 'team', value: 'a b' },
      { row: '2', key: '', value: '' },
    ],
    onlyHost: ' node@sim#pool ',
    mountPointName: 'home',
  }
  expect(bodyOf(form)).toEqual({
    share: {
      share_proto: 'NFS',
      size: 1,
      name: "it's $HOME",
      share_type: 'gold',
      availability_zone: 'nova',
      snapshot_id: '309fcedb-c45f-4f63-bd10-aec022f3426e',
      is_public: true,
      metadata: { team: 'a b' },
      scheduler_hints: { only_host: 'node@sim#pool' },
      mount_point_name: 'home',
    },
  })
  expect(shareCommands.create(form)).toBe(
    "manila share create NFS 1 --name 'it'\\''s $HOME' --share-type gold --availability-zone nova --snapshot-id 309fcedb-c45f-4f63-bd10-aec022f3426e --public true --property 'team=a b' --scheduler-hint 'only_host=node@sim#pool' --mount-point-name home --wait",
  )
})

test('what the service would refuse for its form is found before it is sent', () => {
  fc.assert(
    fc.property(fc.oneof(fc.integer({ max: 0 }), fc.double({ noInteger: true })), (size) => {
      expect(problemAt(createShare.body, bodyOf({ ...blankShare, size }), 'share.size')).not.toBeNull()
    }),
  )
  const long = bodyOf({ ...blankShare, name: 'x'.repeat(10_000) })
  expect(problemAt(createShare.body, long, 'share.name')).toMatch(/255/)
})

test('a refusal stands at the field that it names', () => {
  const refused = (message: string, status = 400) =>
    new ApiError({ status, key: 'badRequest', message, requestId: null } as never)
  expect(refusalOf(refused('share.size must be at most 5'), 'size')).toBe('must be at most 5')
  expect(refusalOf(refused('size must be at most 5'), 'size')).toBe('must be at most 5')
  expect(refusalOf(refused('share_type gold does not exist'), 'size')).toBeNull()
  expect(refusalOf(refused('share_type gold does not exist'), 'share_type')).toBe('gold does not exist')
  expect(refusalOf(refused('size must be', 409), 'size')).toBeNull()
  expect(refusalOf(new Error('size is'), 'size')).toBeNull()
})

test('a share in a group is where the group is, and of one of its types', () => {
  const group = { availability_zone: 'zone-a' }
  const types = [
    { id: '1', name: 'plain' },
    { id: '2', name: 'usual', is_default: true },
  ]
  const typed = { ...blankShare, zone: 'zone-b' }
  expect(formIn(typed, undefined, group, types)).toMatchObject({ zone: 'zone-a', type: 'usual' })
  expect(formIn(typed, undefined, group, types.slice(0, 1))).toMatchObject({ type: 'plain' })
  expect(formIn({ ...typed, type: 'plain' }, undefined, group, types)).toMatchObject({ type: 'plain' })
  expect(formIn(typed, undefined, undefined, types)).toEqual(typed)
  // One from a snapshot is not smaller, and keeps its protocol.
  const source = { share_proto: 'CIFS', size: 7 }
  expect(formIn(typed, source, undefined, types)).toEqual({ ...typed, protocol: 'CIFS', size: 7 })
})

test('whoever deletes members says which group each leaves', () => {
  const words = { by: 1, rule: { type: 'ip', to: '', level: 'rw' } }
  const shares = [
    { id: 'a', size: 1 },
    { id: 'b', size: 1, share_group_id: 'g' },
    { id: 'c', size: 1, share_group_id: 'g' },
  ]
  expect(shareCommands.deed('delete', shares, words)).toBe(
    'manila share delete a\nmanila share delete b c --share-group g',
  )
})
