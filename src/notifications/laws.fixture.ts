/** What the relay promises, on any database; `open` answers an empty one. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Notifier, Outside } from '../bus/notifier.ts'
import { loadSettings } from '../config/load.ts'
import type { Store } from '../db/open.ts'
import { recordEvent } from '../db/store/records.ts'
import { systemClock } from '../runtime/clock.ts'
import { lateS, relayLane, startRelay } from './relay.ts'

const clock = systemClock()
const settings = { ...loadSettings({}).notifications, exists_interval_s: 0 }
const log = { info() {}, warn() {}, error() {} }
let store: Store
let relays: { stop(): Promise<void> }[] = []

/** Takes everything, until it is told to fail. */
function listener() {
  const got: Outside[] = []
  const state = { ready: true, failAfter: Infinity }
  const notifier: Notifier = {
    get ready() {
      return state.ready
    },
    async send(message) {
      if (got.length >= state.failAfter) throw new Error('the connection is gone')
      got.push(message)
    },
    close: async () => {},
  }
  return { got, state, notifier, keys: () => got.map(({ routingKey }) => routingKey) }
}

function start(notifier: Notifier, holder: string, changes: Partial<typeof settings> = {}) {
  const relay = startRelay({ store, clock, log, notifier, holder, settings: { ...settings, ...changes } })
  relays.push(relay)
  return relay
}

const happens = (resourceId: string, from: string, to: string, now = clock.now()) =>
  store.transaction((tx) =>
    recordEvent(tx, {
      projectId: 'p',
      resourceType: 'share',
      resourceId,
      event: 'share.status',
      detail: { from, to, size: 1 },
      now,
    }),
  )

async function until(what: () => boolean): Promise<void> {
  for (let tries = 0; !what(); tries++) {
    if (tries > 1500) throw new Error('it did not happen')
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Polls until the cursor is beyond `position`. */
async function settled(position = -Infinity): Promise<void> {
  for (;;) {
    const cursors = await store.db.selectFrom('notification_cursors').selectAll().execute()
    if (cursors.some((cursor) => cursor.position > position)) return
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

export function relayLaws(database: string, open: () => Promise<Store>): void {
  describe(`the relay on ${database}`, () => {
    beforeEach(async () => {
      store = await open()
      relays = []
    })
    afterEach(async () => {
      for (const relay of relays) await relay.stop()
      await store.close()
    })

    it('sends each event once and in order, and says what it means', async () => {
      const { notifier, got, keys } = listener()
      const relay = start(notifier, 'a')
      await settled()
      await happens('s', 'available', 'extending')
      await happens('s', 'extending', 'available')
      relay.nudge()
      await until(() => got.length === 2)
      await happens('s', 'available', 'deleting')
      relay.nudge()
      await until(() => got.length === 3)
      expect(keys()).toEqual(['share.extend.start', 'share.extend.end', 'share.delete.start'])
      expect(got[1]?.body).toMatchObject({
        version: 1,
        event_type: 'share.extend.end',
        payload: { schema_version: 1, share_id: 's', status: 'available', size: 1 },
      })
    })

    it('plans the next audit while nothing happens', async () => {
      start(listener().notifier, 'a', { exists_interval_s: 3600 })
      const planned = () =>
        store.db.selectFrom('periodic_jobs').select('next_at').where('name', '=', 'notifications.exists')
      await expect.poll(() => planned().execute(), { timeout: 15_000 }).toHaveLength(1)
    })

    it('keeps the order of one resource when the clocks of two hosts differ', async () => {
      const { notifier, got, keys } = listener()
      const relay = start(notifier, 'a', { backlog_s: 60 })
      const now = clock.now()
      await happens('s', 'available', 'extending', now)
      await happens('s', 'extending', 'available', now - 3_000_000)
      relay.nudge()
      await until(() => got.length === 2)
      expect(keys()).toEqual(['share.extend.start', 'share.extend.end'])
    })

    it('also sends what was committed late, behind newer events', async () => {
      const { notifier, got, keys } = listener()
      const relay = start(notifier, 'a')
      await settled()
      const early = clock.now()
      await happens('new', 'available', 'extending')
      relay.nudge()
      await until(() => got.length === 1)
      await happens('late', 'available', 'deleting', early)
      relay.nudge()
      await until(() => got.length === 2)
      expect(keys()).toEqual(['share.extend.start', 'share.delete.start'])
    })

    it('is one at a time; another goes on where it stopped, and only what was not marked comes twice', async () => {
      const [first, second] = [listener(), listener()]
      const one = start(first.notifier, 'a')
      await settled()
      const two = start(second.notifier, 'b')
      for (let index = 0; index < 30; index++) await happens(`s${index}`, 'available', 'extending')
      first.state.failAfter = 25
      one.nudge()
      two.nudge()
      await until(() => first.got.length === 25)
      expect(second.got).toEqual([])
      first.state.ready = false
      one.nudge()
      await new Promise((resolve) => setTimeout(resolve, 50))
      two.nudge()
      await until(() => second.got.length >= 5)
      const ids = [...first.got, ...second.got].map(({ messageId }) => messageId)
      expect(new Set(ids).size).toBe(30)
      expect(ids).toHaveLength(30)
      const lane = await store.db.selectFrom('lanes').selectAll().where('lane', '=', relayLane).execute()
      expect(lane[0]?.holder).toBe('b')
    })

    it('tells nothing from before it was turned on, unless it is asked to', async () => {
      await happens('old', 'available', 'extending', clock.now() - 3_600_000_000)
      const { notifier, got, keys } = listener()
      const relay = start(notifier, 'a')
      await settled()
      await happens('new', 'available', 'deleting')
      relay.nudge()
      await until(() => got.length === 1)
      expect(keys()).toEqual(['share.delete.start'])
    })

    it('forgets what is settled, and keeps an old cursor’s events', async () => {
      const old = clock.now() - (lateS + 3600) * 1_000_000
      await store.db.insertInto('notification_cursors').values({ name: 'events', position: old }).execute()
      await happens('s', 'available', 'extending', old + 1_000_000)
      const { notifier, got } = listener()
      const relay = start(notifier, 'a')
      relay.nudge()
      await settled(old)
      // The turn that moved the cursor is over.
      await relay.stop()
      expect(await store.db.selectFrom('notifications_sent').selectAll().execute()).toEqual([])
      expect(got).toHaveLength(1)
    })

    it('speaks the envelope of oslo.messaging', async () => {
      const { notifier, got } = listener()
      const relay = start(notifier, 'a', { format: 'oslo', topic: 'notifications' })
      await settled()
      await happens('s', 'available', 'extending')
      relay.nudge()
      await until(() => got.length === 1)
      expect(got[0]?.routingKey).toBe('notifications.info')
      const body = got[0]?.body as Record<string, string>
      expect(Object.keys(body)).toEqual(['oslo.version', 'oslo.message'])
      expect(body['oslo.version']).toBe('2.0')
      expect(JSON.parse(body['oslo.message'] ?? '')).toMatchObject({
        message_id: got[0]?.messageId,
        event_type: 'share.extend.start',
        priority: 'INFO',
        publisher_id: 'share',
        payload: { share_id: 's', size: 1 },
        _context_project_id: 'p',
      })
    })
  })
}
