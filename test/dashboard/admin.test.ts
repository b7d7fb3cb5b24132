/** An administrator's day: where is room, why not here, what is drained, what may a project have, who may do what; and nobody else sees any of it. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Client } from '../../src/sdk/client.ts'
import { showQuotaSet } from '../../src/wire/quotas/schema.ts'
import { disableService, enableService, listServices } from '../../src/wire/services/schema.ts'
import { listShareTypes } from '../../src/wire/share-types/schema.ts'
import { createShare, updateShare } from '../../src/wire/shares/schema.ts'
import { signIn, useBrowser, type Tab } from './browser.ts'
import { restingShare, until } from './stock.ts'
import { startWorld, type World } from './world.ts'

const browser = useBrowser()
let world: World
beforeAll(async () => {
  world = await startWorld()
  await restingShare(await world.client(world.demo), 'first', 10)
})
afterAll(() => world?.[Symbol.asyncDispose]())

const asAdmin = async (path: string): Promise<Tab> => {
  const tab = await browser.tab(world)
  await signIn(tab, world, world.admin, path)
  return tab
}

describe('pools', () => {
  it('are told with what they hold, at an address that holds their whole label', async () => {
    const { page } = await asAdmin('admin/pools')
    const table = page.getByRole('region', { name: 'Pools' })
    await table.getByRole('link', { name: 'bulk' }).click()
    await page.getByRole('heading', { level: 1, name: 'bulk' }).waitFor()
    expect(new URL(page.url()).pathname).toMatch(/admin\/pools\/[^/]+%40alpha%23bulk$/i)
    await page.reload()
    await page.getByRole('heading', { level: 1, name: 'bulk' }).waitFor()
    await page.getByRole('button', { name: 'Show as table' }).first().click()
    await page.getByRole('rowheader', { name: 'Free' }).waitFor()
  })

  it('that nobody knows are said to be not offered', async () => {
    const tab = await asAdmin('admin/pools/gone%40x%23y')
    tab.expect(/404 GET .*pools\/history/)
    await tab.page.getByText('This pool is not offered now.').waitFor()
  })
})

describe('why not here', () => {
  it('says it pool by pool, in the words of the filters', async () => {
    const { page } = await asAdmin('admin/why-not?size=300')
    const pools = page.getByRole('region', { name: 'Pool by pool' })
    await pools
      .getByText(/^Needs 300 GiB;/)
      .first()
      .waitFor()
    await page.getByRole('textbox', { name: 'Size' }).fill('5')
    await page.getByText('It would be granted.').waitFor()
    await page.waitForURL(/size=5$/)
  })
})

describe('services', () => {
  it('are drained with a reason, and that is said where the pools are', async () => {
    const client = await world.client(world.admin)
    const { page } = await asAdmin('admin/services')
    await page.getByRole('button', { name: /^Actions for manila-share/ }).click()
    await page.getByRole('menuitem', { name: 'Drain' }).click()
    await page.getByRole('textbox', { name: 'Reason' }).fill('new disks')
    await page.getByRole('dialog').getByRole('button', { name: 'Drain it' }).click()
    await page.getByRole('region', { name: 'Services' }).getByText('new disks').waitFor()
    const drained = async () =>
      (await client.call(listServices)).services.find(({ binary }) => binary === 'manila-share')
    expect(await drained()).toMatchObject({ status: 'disabled', disabled_reason: 'new disks' })
    await page.getByRole('link', { name: 'Pools', exact: true }).first().click()
    await page.getByText('1 backend offers no pools now').waitFor()
    await page.getByRole('link', { name: 'Show services' }).click()
    await page.getByRole('button', { name: /^Actions for manila-share/ }).click()
    await page.getByRole('menuitem', { name: 'Give it new work again' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Give it new work again' }).click()
    await until('it takes work again', async () => ((await drained())?.status === 'enabled' ? true : null))
    // By somebody else: nobody asks, and it is there, with since when and what is left.
    const { host = '' } = (await drained()) ?? {}
    const one = { host, binary: 'manila-share' }
    await client.call(disableService, { body: { ...one, disabled_reason: 'old disks' } })
    const row = page.getByRole('region', { name: 'Services' }).getByRole('row').filter({ hasText: host })
    await row.getByText('old disks').waitFor({ timeout: 2000 })
    await row
      .getByText(/^for \d+(\.\d)? m?s$/)
      .first()
      .waitFor()
    await row.getByText(/^\d+ shares? left$/).waitFor()
    await client.call(enableService, { body: one })
    await row.getByText('old disks').waitFor({ state: 'hidden', timeout: 12_000 })
  })
})

describe('what is of all projects', () => {
  let rosalind: Client
  /** A second, and one for a machine that does other things besides: without the stream nothing comes at all. */
  const soon = { timeout: 2000 }
  beforeAll(async () => {
    rosalind = await world.client(await world.tenant('rosalind'))
  })

  it('is live: what a tenant makes is there within a second', async () => {
    const tab = await browser.tab(world)
    const { page } = tab
    const table = page.getByRole('region', { name: 'Shares' })
    const stream = page.waitForResponse(/\/v2\/events\?all_tenants=1/)
    await signIn(tab, world, world.admin, 'shares?all=1')
    await table.getByRole('link', { name: 'first' }).waitFor()
    await stream
    const { share } = await rosalind.call(createShare, {
      body: { share: { share_proto: 'NFS', size: 1, name: 'arden' } },
    })
    await page.getByRole('button', { name: '1 new: show it' }).click(soon)
    const row = table.getByRole('row').filter({ hasText: 'arden' })
    await row.getByText('available').waitFor()
    await rosalind.call(updateShare, {
      params: { id: share.id },
      body: { share: { display_name: 'arden-2' } } as never,
    })
    await table.getByRole('link', { name: 'arden-2' }).waitFor({ timeout: 12_000 })
  })

  it('is read seldom while much happens elsewhere', async () => {
    const id = await restingShare(rosalind, 'restless')
    const { page } = await asAdmin('shares?all=1')
    await page.getByRole('link', { name: 'restless' }).waitFor()
    await page.waitForTimeout(1000)
    let [asked, changes] = [0, 0]
    page.on('request', () => void asked++)
    const end = performance.now() + 10_000
    const change = async (): Promise<void> => {
      while (performance.now() < end) {
        changes++
        await rosalind.call(updateShare, {
          params: { id },
          body: { share: { display_description: `${changes}` } } as never,
        })
      }
    }
    await Promise.all(Array.from({ length: 4 }, change))
    expect(changes).toBeGreaterThan(40)
    expect(asked).toBeLessThanOrEqual(6)
  })
})

describe('share types', () => {
  it('that no pool satisfies are told of while they are written, with the spec that is in the way', async () => {
    const { page } = await asAdmin('admin/types/new')
    await page.getByRole('textbox', { name: /^Name/ }).fill('platinum')
    await page.getByText(/pools satisfy it now$/).waitFor()
    await page.getByRole('button', { name: 'Add an extra spec' }).click()
    await page.getByRole('combobox', { name: 'Key 3' }).fill('tier')
    await page.getByRole('textbox', { name: 'Value of tier' }).fill('platinum')
    await page.getByText('No pool has what tier asks for.').waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Create share type' }).click()
    await page.getByRole('heading', { level: 1, name: 'platinum' }).waitFor()
    const { share_types } = await (await world.client(world.admin)).call(listShareTypes)
    expect(share_types.find(({ name }) => name === 'platinum')?.extra_specs).toMatchObject({
      driver_handles_share_servers: 'False',
      snapshot_support: 'True',
      tier: 'platinum',
    })
  })
})

describe('quotas', () => {
  it('below what is used are refused until one says so', async () => {
    const client = await world.client(world.admin)
    const demo = await world.client(world.demo)
    const project = demo.tokens.session?.projectId ?? ''
    const { page } = await asAdmin(`admin/quotas/edit?project=${project}`)
    const panel = page.getByRole('dialog')
    await panel.getByRole('textbox', { name: 'Size of all shares' }).fill('5')
    await panel.getByText(/^below what is used now \(10 GiB\)/).waitFor()
    await panel.getByRole('switch', { name: 'Set it all the same' }).check({ force: true })
    await panel.getByRole('button', { name: 'Save' }).click()
    await panel.waitFor({ state: 'hidden' })
    const { quota_set } = await client.call(showQuotaSet, { params: { id: project } })
    expect(quota_set.gigabytes).toBe(5)
  })
})

describe('accounts', () => {
  it('are made with a role in a project, and can then sign in', async () => {
    const { page } = await asAdmin('admin/users/new')
    await page.getByRole('textbox', { name: /^Name/ }).fill('ines')
    await page.getByRole('textbox', { name: /^Password/ }).fill('a-Password-1')
    await page.getByRole('dialog').getByRole('button', { name: 'Create user' }).click()
    await page.getByRole('heading', { level: 1, name: 'ines' }).waitFor()
    await page.getByRole('combobox', { name: 'Role' }).click()
    await page.getByRole('option', { name: 'member', exact: true }).click()
    await page.getByRole('combobox', { name: 'Project', exact: true }).click()
    await page.getByRole('option', { name: 'demo', exact: true }).click()
    await page.getByRole('button', { name: 'Give a role' }).click()
    await page.getByRole('region', { name: 'Roles' }).getByRole('link', { name: 'demo' }).waitFor()
    const other = await browser.tab(world)
    await signIn(other, world, { name: 'ines', password: 'a-Password-1', project: 'demo' }, 'shares')
    await other.page.getByRole('region', { name: 'Shares' }).getByRole('link', { name: 'first' }).waitFor()
  })

  it('of a directory are not changed here, and the buttons say why', async () => {
    const tab = await browser.tab(world)
    const { page } = tab
    // As the service says it of a domain whose users are in LDAP (test/auth/ldap-service.test.ts).
    const only = { id: 'default', name: 'Default', enabled: true, users_read_only: true }
    await page.route(/\/identity\/v3\/domains$/, (route) => route.fulfill({ json: { domains: [only] } }))
    await signIn(tab, world, world.admin, 'admin/users')
    const isOff = (name: string) =>
      until(`${name} is off`, async () => {
        const said = await page.getByRole('button', { name }).first().getAttribute('aria-disabled')
        return said === 'true' ? true : null
      })
    await isOff('Create user')
    await page.getByRole('link', { name: 'demo', exact: true }).click()
    for (const name of ['Edit', 'Set password', 'Disable', 'Delete']) await isOff(name)
    await page.goto(`${world.dashboard}admin/users?tab=groups`)
    await isOff('Create group')
  })

  it('of the last administrator stay, and the service says why', async () => {
    const tab = await asAdmin('admin/users')
    const { page } = tab
    tab.expect(/409 PATCH .*\/users\//)
    await page.getByRole('link', { name: 'admin', exact: true }).click()
    await page.getByRole('button', { name: 'Disable' }).click()
    await page.getByRole('dialog').getByRole('button', { name: 'Disable' }).click()
    await page.getByText(/Nobody would be administrator any more/).waitFor()
  })
})

describe('whoever is no administrator', () => {
  it('is told which role it takes, at every address, and nothing is read', async () => {
    const tab = await browser.tab(world)
    await signIn(tab, world, world.demo, 'shares')
    const { page } = tab
    const asked: string[] = []
    page.on('request', (request) => void asked.push(new URL(request.url()).pathname))
    for (const path of ['pools', 'services', 'types', 'quotas', 'instances', 'audit', 'users', 'why-not']) {
      await page.goto(`${world.dashboard}admin/${path}`)
      await page.getByText('This is for administrators: it needs the role admin.').waitFor()
    }
    const read = asked.filter((path) => !path.startsWith('/dashboard/'))
    expect(
      read.filter((path) => /scheduler-stats|services|audit|quota|identity|instances|types/.test(path)),
    ).toEqual([])
    expect(await page.getByRole('navigation', { name: 'Administration' }).count()).toBe(0)
  })
})
