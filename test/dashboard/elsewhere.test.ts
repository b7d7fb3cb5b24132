/**
 * The same build as plain files of another origin: against this service through CORS, with the token in the page's memory alone; and
 * against an API that has nothing of ours, where what is missing is hidden and lists are read again.
 */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { destinations } from '../../dashboard/frame/destinations.ts'
import { createShare } from '../../src/wire/shares/schema.ts'
import { bareApi, type BareApi } from './bare-api.ts'
import { fillLogin, photograph, signIn, useBrowser } from './browser.ts'
import { settled } from './looks.ts'
import { restingShare } from './stock.ts'
import { startWorld, type World } from './world.ts'

const browser = useBrowser()
let world: World
let bare: BareApi
beforeAll(async () => {
  world = await startWorld({ door: 'memory' })
  bare = await bareApi(world.api)
})
afterAll(async () => {
  bare?.close()
  await world?.[Symbol.asyncDispose]()
})

it('works from another origin, and keeps the token nowhere but in the page', async () => {
  const client = await world.client(world.demo)
  world.files.point({ endpoint: `${world.api}/v2`, identity: `${world.api}/identity` })
  const tab = await browser.tab(world)
  const { page } = tab
  await signIn(tab, world, world.demo, 'shares/new')
  await page.getByRole('dialog').getByRole('textbox', { name: 'Name' }).fill('from-elsewhere')
  await page.getByRole('dialog').getByRole('button', { name: 'Create share' }).click()
  await page.getByRole('heading', { level: 1, name: 'from-elsewhere' }).waitFor()
  await page.getByText('available', { exact: true }).first().waitFor()
  await page.getByRole('navigation', { name: 'Navigation' }).getByRole('link', { name: 'Shares' }).click()
  await page.getByRole('link', { name: 'from-elsewhere' }).waitFor()
  // The stream comes through, too: no polling would bring it so soon.
  await client.call(createShare, { body: { share: { share_proto: 'NFS', size: 1, name: 'told' } } })
  await page.getByRole('button', { name: '1 new: show it' }).waitFor({ timeout: 5000 })
  const kept = await page.evaluate(() =>
    JSON.stringify([Object.entries(localStorage), Object.entries(sessionStorage), document.cookie]),
  )
  expect(kept).not.toMatch(/eyJ|gAAAA|token|password/i)
  expect(await tab.context.cookies()).toEqual([])
  expect(kept).not.toContain(world.demo.password)
  // A page that is read again has forgotten it.
  await page.reload()
  await page.getByRole('button', { name: 'Sign in' }).waitFor()
})

it('ends the token under a form: one signs in in place, the form stays, and what was sent goes on', async () => {
  world.files.point({ endpoint: `${world.api}/v2`, identity: `${world.api}/identity` })
  const tab = await browser.tab(world)
  tab.expect(/^401 /)
  const { page } = tab
  let token = ''
  page.on('request', (request) => (token = request.headers()['x-auth-token'] ?? token))
  await signIn(tab, world, world.demo, 'shares/new')
  const form = page.getByRole('dialog', { name: 'Create share' })
  await form.getByRole('textbox', { name: 'Name' }).fill('half-filled')
  const headers = { 'x-auth-token': token, 'x-subject-token': token }
  const revoked = await fetch(`${world.api}/identity/v3/auth/tokens`, { method: 'DELETE', headers })
  expect(revoked.status).toBe(204)
  // Whether or not something else of the page was refused first and asks to sign in already.
  await form.locator('form').evaluate((element: HTMLFormElement) => element.requestSubmit())
  await page.getByText('Your session has ended.').waitFor()
  expect(await page.getByRole('textbox', { name: 'Name', exact: true }).inputValue()).toBe('half-filled')
  await fillLogin(page, world.demo)
  await page.getByRole('heading', { level: 1, name: 'half-filled' }).waitFor()
  await page.getByText('available', { exact: true }).first().waitFor()
})

it('hides what an API without our own paths lacks, says so, and reads again by itself', async () => {
  const client = await world.client(world.demo)
  const id = await restingShare(client, 'plain')
  world.files.point({ endpoint: `${bare.origin}/v2`, identity: `${world.api}/identity` })
  const tab = await browser.tab({ dashboard: world.dashboard, api: bare.origin, others: [world.api] })
  tab.expect(/^404 GET .*\/v2\/capabilities$/)
  const { page } = tab
  await signIn(tab, world, world.demo, 'shares')
  await page.getByRole('status').filter({ hasText: 'has no live updates' }).waitFor()
  await page.getByRole('link', { name: 'plain' }).waitFor()
  await photograph(tab, 'bare-shares', 'light')
  await client.call(createShare, { body: { share: { share_proto: 'NFS', size: 1, name: 'polled' } } })
  await page.getByRole('button', { name: '1 new: show it' }).waitFor()
  const rail = page.getByRole('navigation', { name: 'Navigation' })
  const there = await rail.getByRole('link').count()
  expect(there).toBe(
    destinations.filter(({ needs, admin, ours }) => needs === undefined && !admin && !ours).length,
  )
  for (let at = 0; at < there; at++) {
    await rail.getByRole('link').nth(at).click()
    await page.getByRole('heading', { level: 1 }).waitFor()
    await settled(page)
    expect(await page.getByRole('alert').count()).toBe(0)
  }
  await page.goto(`${world.dashboard}shares/${id}`)
  await signIn(tab, world, world.demo, `shares/${id}`)
  await page.getByRole('heading', { level: 1, name: 'plain' }).waitFor()
  await settled(page)
  await photograph(tab, 'bare-share', 'light')
  expect(bare.askedFor).toEqual([])
})
