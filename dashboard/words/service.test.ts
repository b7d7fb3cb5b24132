/** Everything that the service says has its German words; what it says otherwise stays as it is. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { causes, recordedUnmet, toldCause, userMessage } from '../../src/model/causes.ts'
import {
  lockOfOther,
  cannotCancel,
  instanceGates,
  ruleGates,
  typeGates,
} from '../../src/model/gates/others.ts'
import { cannotRetry, type RetryFacts } from '../../src/model/gates/retry.ts'
import { beyondType, shareGates, tooLateForLock, tooSmall } from '../../src/model/gates/shares.ts'
import { snapshotGates } from '../../src/model/gates/snapshots.ts'
import { messageActions, messageDetails } from '../../src/model/messages.ts'
import { groupSnapshotGates, groupTypeGates, shareGroupGates } from '../../src/model/gates/groups.ts'
import { allPlans } from '../../src/model/operations.ts'
import { refusals } from '../../src/model/refusals.ts'
import {
  shareGroupStatuses,
  shareStatuses,
  snapshotStatuses,
  ruleStates,
  rulesStatuses,
  taskStates,
} from '../../src/model/states.ts'
import type { Barrier } from '../../src/model/gates/barrier.ts'
import { createShare, updateShare } from '../../src/wire/shares/schema.ts'
import { operationStates } from '../../src/wire/operations/schema.ts'
import { problemAt } from '../ui/problem-at.ts'
import { de } from './de/index.ts'
import { en } from './en/index.ts'

const german = de.service

/** Words that no German sentence has. */
const english = /\b(the|is|are|it|not|be|can|has|have|or|and|of|for|to|must|this|that|with|by|no|ask)\b/i

function isGerman(said: string, of: string): void {
  expect.soft(said, of).not.toBe(of)
  expect.soft(said.replaceAll(/\b\w+_\w+\b/g, ''), of).not.toMatch(english)
}

describe('in German', () => {
  it('has a word for each state, kind and step', () => {
    for (const status of [
      ...shareStatuses,
      ...snapshotStatuses,
      ...shareGroupStatuses,
      ...ruleStates,
      ...rulesStatuses,
      ...taskStates,
      ...operationStates,
    ])
      isGerman(german.status(status), en.service.status(status))
    for (const { kind, plan } of allPlans()) {
      isGerman(german.kind(kind), en.service.kind(kind))
      for (const [step] of plan.steps) isGerman(german.step(step), en.service.step(step))
    }
    for (const word of [
      'share',
      'SHARE_SNAPSHOT',
      'SHARE_GROUP',
      'share_group_snapshot',
      'share_group_type',
      'backend',
    ])
      isGerman(german.noun(word), en.service.noun(word))
  })

  it('says every cause, also with the message that it stands in', () => {
    for (const code of Object.keys(causes))
      for (const detailId of [null, '001', '009', '015', '017']) {
        const { message, detailId: detail_id } = toldCause({ code, detailId, unmet: null })
        isGerman(german.cause({ code, message, detail_id }), message)
        // Of a release that says it otherwise, the code is enough.
        if (detailId === null) isGerman(german.cause({ code, message: 'As it is said tomorrow.' }), message)
        for (const action_id of Object.keys(messageActions)) {
          const user_message = userMessage(action_id, { code, detailId, unmet: null }, false)
          const { tried, why } = german.message({ action_id, detail_id: detailId, user_message })
          isGerman(`${tried}: ${why}`, user_message)
        }
      }
    for (const detail_id of Object.keys(messageDetails))
      isGerman(
        german.message({ action_id: '001', detail_id, user_message: 'allocate host: As said tomorrow.' }).why,
        messageDetails[detail_id as '001'],
      )
  })

  it('names what no backend has', () => {
    const unmet = recordedUnmet({
      of: 'all',
      specs: { snapshot_support: '<is> True', storage_protocol: '<in> CIFS', share_backend_name: 'alpha' },
    })
    const { message } = toldCause({ code: 'no-valid-host', detailId: '008', unmet })
    expect(german.cause({ code: 'no-valid-host', message, detail_id: '008' })).toBe(
      'Für diese Anfrage fand sich kein Speicher. Kein Backend hat snapshot_support = True. Kein Backend bedient CIFS. Der Freigabetyp verlangt noch mehr, was fehlt: ein Administrator sieht, was. Wählen Sie einen anderen Freigabetyp oder ein anderes Protokoll.',
    )
  })

  it('says why a filter refused', () => {
    for (const said of Object.values(refusals)) isGerman(german.sentence(said), said)
  })

  it('says why an action is refused, with its figures and ids', () => {
    const all = barriers()
    expect(all.length).toBeGreaterThan(50)
    for (const { message } of all) isGerman(german.sentence(message), message)
    expect(german.sentence(`Share 4711 has 3 snapshots: delete them first.`)).toBe(
      'Freigabe 4711 hat 3 Schnappschüsse: löschen Sie erst diese.',
    )
    expect(
      german.sentence(
        'Share 4711 is extending: it can only be deleted when it is available, error, inactive.',
      ),
    ).toBe(
      'Zustand der Freigabe 4711: wird vergrößert. Gelöscht werden kann sie nur im Zustand verfügbar, Fehler, inaktiv.',
    )
  })

  it('says what is wrong with a field', () => {
    const share = { share_proto: 'NFS', size: 0 }
    expect(german.sentence(problemAt(createShare.body, { share }, 'share.size') ?? '')).toBe(
      'muss eine ganze Zahl von 1 bis 2147483647 sein',
    )
    const long = { share: { display_name: 'x'.repeat(300) } }
    expect(german.sentence(problemAt(updateShare.body, long, 'share.display_name') ?? '')).toBe(
      'darf höchstens 255 Zeichen lang sein',
    )
  })

  it('says why a new share or group is refused before it is made, whatever the service writes there', () => {
    const folder = join(import.meta.dirname, '../../src/app')
    const ofShares = [
      'group-rules',
      'hints',
      'manage',
      'mount-point-name',
      'new-share',
      'source',
      'type-rules',
    ]
    const written = [...ofShares.map((file) => `shares/${file}`), 'share-groups/new-group'].flatMap(
      (file) => {
        const text = readFileSync(join(folder, `${file}.ts`), 'utf8')
        return [...text.matchAll(/invalid\(\s*(`[^`]*`|'[^']*'|"[^"]*")/g)].map(([, quoted = '']) =>
          quoted.slice(1, -1).replaceAll(/\$\{[^}]*\}/g, '4711'),
        )
      },
    )
    expect(written.length).toBeGreaterThan(30)
    for (const said of written) isGerman(german.sentence(said), said)
  })

  it('leaves what it does not know as it was said', () => {
    for (const odd of ['', 'constructor', 'No idea. At all.', 'x. '.repeat(600)]) {
      expect(german.sentence(odd)).toBe(odd)
      expect(german.cause({ code: 'constructor', message: odd })).toBe(odd)
    }
    expect(german.status('brand_new')).toBe('brand new')
    expect(german.kind('move-share')).toBe('move share')
  })
})

it('takes a message apart into what was tried and why it failed', () => {
  const taken = (user_message: string) =>
    en.service.message({ action_id: '001', detail_id: null, user_message })
  expect(taken('allocate host: No room. Ask for less: or later.')).toEqual({
    tried: 'allocate host',
    why: 'No room. Ask for less: or later.',
  })
  expect(taken('No colon at all')).toEqual({ tried: null, why: 'No colon at all' })
  expect(taken(': odd')).toEqual({ tried: null, why: ': odd' })
})

/** Every gate closed by each thing that can close it. */
function barriers(): readonly Barrier[] {
  const id = '4711'
  const fine = {
    id,
    project_id: 'p',
    status: 'available',
    size: 2,
    task_state: null,
    is_soft_deleted: 0,
    has_replicas: 0,
    share_server_id: null,
    share_group_id: null,
    snapshot_support: 1,
    revert_to_snapshot_support: 1,
    mount_snapshot_support: 1,
    snapshot_inherit_share_access_support: 0,
  } as const
  const none = { snapshots: 0, backups: 0, groupMembers: 0, deleteLocks: 0 }
  const instance = { id, status: 'available', backend_id: 'b', access_rules_status: 'active' }
  const flags = new Set<string>()
  const snapshot = { id, share_id: id, project_id: 'p', status: 'available' }
  const found: (Barrier | null)[] = []
  const shares = [
    fine,
    { ...fine, is_soft_deleted: 1 as const },
    { ...fine, is_soft_deleted: 1 as const, status: 'deleting' },
    { ...fine, status: 'extending' },
    { ...fine, task_state: 'data_copying_starting' },
    { ...fine, has_replicas: 1 as const },
    { ...fine, share_server_id: 's' },
    { ...fine, share_group_id: 'g' },
    { ...fine, snapshot_support: 0 as const },
    { ...fine, revert_to_snapshot_support: 0 as const },
    { ...fine, mount_snapshot_support: 0 as const },
    { ...fine, snapshot_inherit_share_access_support: 1 as const },
  ]
  for (const share of shares)
    for (const dependents of [
      none,
      { ...none, snapshots: 1 },
      { ...none, snapshots: 7 },
      { ...none, backups: 1 },
      { ...none, groupMembers: 1 },
      { ...none, deleteLocks: 1 },
    ])
      for (const one of [
        instance,
        { ...instance, backend_id: null },
        { ...instance, status: 'error' },
        { ...instance, access_rules_status: 'error' },
      ]) {
        const facts = { share, dependents, flags, instances: [one], instance: one }
        found.push(
          shareGates.createAgain(facts),
          shareGates.delete({ ...facts, namedGroup: null }),
          shareGates.forceDelete(facts),
          shareGates.softDelete(facts),
          shareGates.restore(facts),
          shareGates.extend(facts),
          shareGates.shrink(facts),
          shareGates.allowAccess(facts),
          shareGates.unmanage(facts),
          shareGates.createSnapshot(facts),
          shareGates.manageSnapshot(facts),
          instanceGates.forceDelete({ ...facts, isLast: true }),
        )
        for (const of of [null, snapshot, { ...snapshot, status: 'error' }])
          for (const newest of [null, { id, project_id: 'p' }, { id: 'other', project_id: 'p' }])
            for (const placed of [true, false])
              found.push(shareGates.revert({ ...facts, snapshot: of, newest, placed }))
        for (const status of ['available', 'restoring']) {
          const of = { snapshot: { ...snapshot, status }, share, flags }
          found.push(
            snapshotGates.delete(of),
            snapshotGates.unmanage(of),
            snapshotGates.changeAccess({ ...of, instances: [{ status }] }),
          )
        }
        for (const state of ['active', 'denying'])
          found.push(
            ruleGates.update({ rule: { id, state }, share, instances: [one] }),
            ruleGates.deny({ rule: { id, state }, share, instances: [one], locks: 1, known: true }),
          )
      }
  for (const softDeleted of [true, false])
    found.push(tooLateForLock({ type: 'share', action: 'delete', state: 'deleting', softDeleted }))
  const specs = { 'provisioning:max_share_size': '3', 'provisioning:min_share_size': '2' }
  found.push(
    beyondType({ specs, privileged: false, sizeGib: 9 }),
    tooSmall({ share: { size: 5 }, specs, sizeGib: 1 }),
    tooSmall({ share: { size: 5 }, specs, sizeGib: 5 }),
    lockOfOther({ id, lock_context: 'user' }, false),
    lockOfOther({ id, lock_context: 'admin' }, false),
    typeGates.delete({ type: { name: 'gold' }, inUse: true }),
    typeGates.changeAccess({ type: { is_public: 1 } }),
    groupTypeGates.delete({ type: { name: 'together' }, inUse: true }),
    groupTypeGates.changeAccess({ type: { is_public: 1 } }),
  )
  for (const status of ['available', 'error', 'deleting']) {
    const group = { id, status, project_id: 'p', backend_id: 'b' }
    for (const contents of [
      { shares: 0, snapshots: 0 },
      { shares: 1, snapshots: 0 },
      { shares: 2, snapshots: 0 },
      { shares: 0, snapshots: 1 },
      { shares: 2, snapshots: 7 },
    ])
      found.push(shareGroupGates.delete({ group, contents }))
    for (const share of shares) found.push(shareGroupGates.snapshot({ group, shares: [share] }))
    found.push(
      shareGroupGates.createShare({ group }),
      shareGroupGates.ofProject({ group, projectId: 'q' }),
      groupSnapshotGates.createGroup({ snapshot: group }),
      ...[0, 1].map((groups) => groupSnapshotGates.delete({ snapshot: group, groups })),
    )
  }
  for (const kind of [
    'create-share',
    'delete-share',
    'manage-share',
    'manage-snapshot',
    'ensure-shares',
    'create-share-group',
    'delete-share-group',
    'create-share-group-snapshot',
    'delete-share-group-snapshot',
    'odd',
  ])
    for (const state of ['running', 'undoing', 'failed', 'done'])
      for (const begun_as of ['admin', 'service', null] as const)
        for (const resource_type of ['share', 'snapshot'])
          for (const more of [{}, { parent_id: id }, { version: 99 }, { cause_code: 'status-reset' }]) {
            const operation = {
              id,
              kind,
              state,
              version: 1,
              begun_as,
              resource_type,
              resource_id: id,
              cause_code: null,
              ...more,
            }
            found.push(cannotCancel({ operation, outranked: begun_as !== null } as never))
            for (const status of [null, 'available'])
              for (const overtaken of [true, false])
                found.push(
                  cannotRetry({ operation, outranked: begun_as !== null, overtaken, status } as RetryFacts),
                )
          }
  const told = found.filter((one) => one !== null)
  return [...new Map(told.map((one) => [one.message, one])).values()]
}
