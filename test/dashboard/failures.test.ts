/**
 * What cannot be done, at each step of each kind of work: the page of the share or snapshot says what its status is, why, and at which step;
 * and what it offers then helps. One tab for whoever owns it, one for administrators.
 */
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { setFaults } from '../../src/storage/sim/faults.ts'
import { allSteps, newestPlan, operationPlans, type OperationKind } from '../../src/model/operations.ts'
import { scenarios, type Subject, type World as Site } from '../faults/scenarios.ts'
import { launch, openTab, photograph, signIn, type Tab } from './browser.ts'
import { failures, type Failure } from './failures.ts'
import { until } from './stock.ts'
import { simulated, startWorld, type User, type World } from './world.ts'

/** Room for all of them at once. */
const roomy = {
  ...simulated,
  backends: {
    alpha: {
      ...simulated.backends.alpha,
      driver_options: {
        pools: [
          { name: 'fast', total_gib: 400 },
          { name: 'bulk', total_gib: 400, thin: false },
        ],
      },
    },
  },
}

interface Case {
  readonly kind: OperationKind
  readonly step: string
  readonly row: Failure
  readonly name: string
}

const cases: readonly Case[] = (Object.keys(operationPlans) as OperationKind[]).flatMap((kind) =>
  Object.entries(failures[kind]).flatMap(([step, rows]) =>
    typeof rows === 'string'
      ? []
      : rows.map((row, at) => ({ kind, step, row, name: `${kind}-${step.replaceAll(' ', '-')}-${at}` })),
  ),
)

let world: World
let subjects: ReadonlyMap<string, Subject>
let tabs: Record<'demo' | 'admin', { readonly tab: Tab; readonly site: Site }>
let browser: Awaited<ReturnType<typeof launch>>

beforeAll(async () => {
  world = await startWorld({ settings: roomy })
  browser = await launch()
  const open = async (user: User) => {
    const tab = await openTab(browser, world)
    await signIn(tab, world, user, 'shares')
    return { tab, site: await siteOf(user) }
  }
  tabs = { demo: await open(world.demo), admin: await open(world.admin) }
  await tabs.admin.site.call('POST', '/share-group-types', {
    share_group_type: { name: 'groups', share_types: await shareTypes() },
  })
  subjects = new Map(
    await Promise.all(
      cases.map(async ({ kind, row, name }) => {
        const subject = await (row.prepare ?? scenarios[kind].prepare)(tabs[ownerOf(kind)].site, name)
        return [name, subject] as const
      }),
    ),
  )
})
afterAll(async () => {
  await browser?.close()
  await world?.[Symbol.asyncDispose]()
})

async function shareTypes(): Promise<readonly string[]> {
  const { body } = await tabs.admin.site.call('GET', '/types')
  return (body.share_types as readonly { readonly id: string }[]).map(({ id }) => id)
}

/** As the scenarios speak to it. */
async function siteOf(user: User): Promise<Site> {
  const client = await world.client(user)
  return {
    kind: 'sim',
    backendDir: join(world.dir, 'var/backends/alpha'),
    pool: 'node@alpha#fast',
    async call(method, path, body) {
      const response = await fetch(`${world.api}/v2${path}`, {
        method,
        headers: {
          'x-auth-token': await client.tokens.current(),
          'x-openstack-manila-api-version': '2.99',
          'content-type': 'application/json',
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await response.text()
      return {
        status: response.status,
        body: text === '' ? {} : (JSON.parse(text) as Record<string, unknown>),
        requestId: response.headers.get('x-openstack-request-id') ?? '',
      }
    },
  }
}

/** Within the page that is open, as a link does. */
async function go({ page }: Tab, path: string): Promise<void> {
  await page.evaluate((to) => history.pushState({}, '', to), `${new URL(world.dashboard).pathname}${path}`)
}

/** Where one of a resource is shown. */
const pages = {
  share: 'shares',
  snapshot: 'snapshots',
  share_group: 'groups',
  share_group_snapshot: 'group-snapshots',
  backend: 'activity',
} as const

/** Only administrators begin these. */
const ofAdmins: readonly OperationKind[] = [
  'manage-share',
  'unmanage-share',
  'manage-snapshot',
  'unmanage-snapshot',
  'ensure-shares',
]
const ownerOf = (kind: OperationKind): 'admin' | 'demo' => (ofAdmins.includes(kind) ? 'admin' : 'demo')

it('has a row for every step of every plan, and none for any other', () => {
  // Versions of a kind share some of them.
  const planned = [...new Set(allSteps().map(({ kind, step }) => `${kind}/${step}`))]
  const told = Object.entries(failures).flatMap(([kind, steps]) =>
    Object.keys(steps).map((step) => `${kind}/${step}`),
  )
  expect(told.toSorted()).toEqual(planned.toSorted())
})

for (const one of cases) it(one.name, () => walk(one))

async function walk({ kind, step, row, name }: Case): Promise<void> {
  const { tab, site } = tabs[ownerOf(kind)]
  const main = tab.page.getByRole('main')
  const subject = subjects.get(name) as Subject
  await setFaults(site.backendDir, row.faults)
  if (row.drained === true) await drain('disable')
  const { resource } = newestPlan(kind)
  let id = ''
  try {
    const { status, body } = await (row.request ?? scenarios[kind].request)(site, subject)
    expect(status, JSON.stringify(body)).toBeLessThan(300)
    const made = body[resource] as { readonly id: string } | undefined
    id = made?.id ?? (resource === 'share' ? subject.shareId : subject.snapshotId) ?? (await newest(kind))
    await go(tab, `${pages[resource]}/${id}`)
    // The page of the one before is left only when this one is read.
    await main.getByText(id.slice(0, 8), { exact: true }).first().waitFor()
    await main
      .getByText(/ failed$/)
      .first()
      .waitFor()
    // What is told of the work may be read a moment before its share.
    await main
      .getByText(row.status, { exact: true })
      .first()
      .waitFor()
      .catch(() => {})
  } finally {
    await setFaults(site.backendDir, {})
    if (row.drained === true) await drain('enable')
  }
  await photograph(tab, `failure-${name}`, 'light')
  const told = (await main.innerText()).replaceAll(/[ \t]+/g, ' ')
  expect({
    status: told.split('\n').includes(row.status) || `no "${row.status}"`,
    says: row.says.test(told.replaceAll('\n', ' ')) || told.slice(0, 900),
    failed: /^(.+)\n+failed ·/m.exec(told)?.[1],
    // Nothing of what is over waits, or is under way.
    others: /^(waits|under way)( ·|$)/m.exec(told),
  }).toEqual({ status: true, says: true, failed: row.failsAt ?? step, others: null })
  await help(tab, row, resource, String(id))
}

async function drain(verb: 'enable' | 'disable'): Promise<void> {
  const { site } = tabs.admin
  await site.call('PUT', `/services/${verb}`, {
    binary: 'manila-share',
    host: site.pool.split('#')[0],
    disabled_reason: 'drained',
  })
}

async function newest(kind: OperationKind): Promise<string> {
  const { body } = await tabs.admin.site.call('GET', `/operations?kind=${kind}&all_tenants=1&limit=1`)
  return (body.operations as readonly { readonly id: string }[])[0]?.id ?? ''
}

/** What the page offers, pressed: its dialog, what it asks to be typed, and what comes of it. */
async function help({ page }: Tab, row: Failure, resource: string, id: string): Promise<void> {
  const main = page.getByRole('main')
  if (row.next === 'nothing') return
  const labels = { retry: 'Try again', delete: /^Delete/, unmanage: /^(Unmanage|Let go)/ }
  await main.getByRole('button', { name: labels[row.next] }).first().click()
  const dialog = page.getByRole('dialog')
  await dialog.waitFor()
  const typed = dialog.getByRole('textbox')
  if ((await typed.count()) > 0) await typed.fill(await wanted(page))
  await dialog.getByRole('button', { name: labels[row.next] }).last().click()
  if ((row.ends ?? (row.next === 'retry' ? 'available' : 'gone')) === 'available') {
    await main
      .getByText(/ failed$/)
      .first()
      .waitFor({ state: 'detached' })
    await main.getByText('available', { exact: true }).first().waitFor()
  } else
    await until(`${id} is gone`, async () =>
      (await tabs.admin.site.call('GET', `/${resource.replaceAll('_', '-')}s/${id}`)).status === 404
        ? true
        : null,
    )
}

const wanted = (page: Page): Promise<string> => page.getByRole('heading', { level: 1 }).innerText()
