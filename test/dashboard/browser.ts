/**
 * One Chromium for a file of tests, a context of its own for each user. Whatever a page complains of fails the test that opened it: errors
 * in the console or uncaught, what the policy of the page refuses, answers of the service that are errors, requests to anybody else.
 * A test that means to have some of it says which: `tab.expect(/503 .*shares/)`.
 */
import { mkdirSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll } from 'vitest'
import { chromiumProgram } from '../../tools/programs/chromium.ts'
import { inTime } from './patience.ts'
import type { User, World } from './world.ts'

export type Scheme = 'light' | 'dark'

export interface TabOptions {
  readonly scheme?: Scheme
  /** CSS pixels; default 1440. */
  readonly width?: number
  readonly language?: 'en-GB' | 'de-DE'
}

export interface Tab {
  readonly page: Page
  readonly context: BrowserContext
  /** Complaints that match are meant to come. */
  expect(...complaints: readonly RegExp[]): void
  /** What was complained of and not expected. */
  complaints(): readonly string[]
}

/** What a page may ask; anything else is elsewhere. */
export interface Places extends Pick<World, 'dashboard' | 'api'> {
  readonly others?: readonly string[]
}

export interface BrowserOfFile {
  /** A new user agent with nothing kept: its own cookies, locks and channels. */
  tab(world: Places, options?: TabOptions): Promise<Tab>
}

/** Without a sandbox where it can't have one: for root. */
export const launch = (): Promise<Browser> =>
  chromium.launch({
    executablePath: chromiumProgram,
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--font-render-hinting=none'],
  })

/** What waits longer than this hangs. */
const patienceMs = 15_000

/** Starts with the file's first test and ends with its last; each test's tabs are judged and closed when it ends. */
export function useBrowser(): BrowserOfFile {
  let browser: Browser
  let tabs: Tab[] = []
  beforeAll(async () => {
    browser = await launch()
  })
  afterEach(async ({ task }) => {
    const complaints = tabs.flatMap((tab) => tab.complaints())
    if (task.result?.state === 'fail') for (const { page } of tabs) await lastSeen(page, task.name)
    await Promise.all(tabs.map(({ context }) => context.close()))
    tabs = []
    if (complaints.length > 0) throw new Error(`the page complained:\n${complaints.join('\n')}`)
  })
  afterAll(() => browser?.close())
  return {
    async tab(world, options = {}) {
      const tab = await openTab(browser, world, options)
      tabs.push(tab)
      return tab
    },
  }
}

/** For whoever looks for the cause: a picture and what a screen reader would say. */
export async function lastSeen(page: Page, test: string): Promise<void> {
  const name = `failed-${test.replaceAll(/[^a-z0-9]+/gi, '-').slice(0, 60)}`
  mkdirSync(pictures, { recursive: true })
  await page.screenshot({ path: join(pictures, `${name}.png`) }).catch(() => {})
  const said = await page.locator('body').ariaSnapshot({ timeout: 2000 }).catch(String)
  process.stderr.write(`${name}: ${page.url()}\n${said.slice(0, 4000)}\n`)
}

export async function openTab(
  browser: Browser,
  { dashboard, api, others = [] }: Places,
  { scheme = 'light', width = 1440, language = 'en-GB' }: TabOptions = {},
): Promise<Tab> {
  const context = await browser.newContext({
    colorScheme: scheme,
    viewport: { width, height: width < 500 ? 844 : 900 },
    locale: language,
    timezoneId: 'Europe/Berlin',
    reducedMotion: 'reduce',
    permissions: ['clipboard-read', 'clipboard-write'],
  })
  context.setDefaultTimeout(patienceMs)
  const page = await context.newPage()
  const expected: RegExp[] = []
  const heard: string[] = []
  const complain = (what: string): void => void heard.push(what)
  listen(
    page,
    [dashboard, api, ...others].map((url) => new URL(url).origin),
    complain,
  )
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      console.error(`policy: ${event.effectiveDirective} refuses ${event.blockedURI} (${event.sample})`)
    })
  })
  return {
    page,
    context,
    expect: (...complaints) => void expected.push(...complaints),
    complaints: () => heard.filter((what) => !expected.some((pattern) => pattern.test(what))),
  }
}

function listen(page: Page, origins: readonly string[], complain: (what: string) => void): void {
  page.on('pageerror', (error) => complain(`uncaught: ${error.stack ?? error.message}`))
  page.on('console', (message) => {
    const said = message.text()
    // Told below, with what was asked for.
    if (said.startsWith('Failed to load resource')) return
    if (['error', 'warning'].includes(message.type())) complain(`console: ${said}`)
  })
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.protocol.startsWith('http') && !origins.includes(url.origin)) complain(`elsewhere: ${url.href}`)
  })
  page.on('requestfailed', (request) => {
    // The page itself gave it up, or was left.
    const why = request.failure()?.errorText ?? ''
    if (why !== 'net::ERR_ABORTED') complain(`no answer: ${request.method()} ${request.url()} (${why})`)
  })
  page.on('response', (response) => {
    const request = response.request()
    const told = `${response.status()} ${request.method()} ${response.url()}`
    // Whether somebody is signed in is asked, and "no" is an answer.
    if (/^401 GET .*\/dashboard\/session$/.test(told)) return
    if (response.status() >= 400) complain(told)
  })
}

/** As a person does: by the labels of the form. */
export async function signIn(
  { page }: Pick<Tab, 'page'>,
  world: Pick<World, 'dashboard'>,
  user: User,
  path = '',
): Promise<void> {
  await page.goto(`${world.dashboard}${path}`)
  await fillLogin(page, user)
  await page.getByRole('banner').waitFor()
}

export async function fillLogin(page: Page, { name, password }: User): Promise<void> {
  const form = page.locator('form').filter({ has: page.getByLabel(/^(Password|Passwort)/) })
  const field = form.getByRole('textbox', { name: /^(User name|Benutzername)/ })
  await field.fill(name)
  await form
    .getByLabel(/^(Password|Passwort)/)
    .first()
    .fill(password)
  await form.getByRole('button', { name: /^(Sign in|Anmelden)/ }).click()
}

export const pictures = join(import.meta.dirname, '../../node_modules/.cache/pictures')

/**
 * Writes `<name>-<scheme>-<width>.png` of what is on the screen now: losslessly, packed in haste (a picture that is kept can be packed well
 * afterwards). Nothing moves for those who asked for no motion, so nothing has to be stopped first.
 */
export async function photograph({ page }: Pick<Tab, 'page'>, name: string, scheme: Scheme): Promise<void> {
  mkdirSync(pictures, { recursive: true })
  const width = page.viewportSize()?.width ?? 0
  const camera = await inTime('a session for a picture', page.context().newCDPSession(page))
  const take = (mostMs?: number): Promise<{ data: string }> =>
    inTime(
      `the picture ${name} at ${width} px`,
      camera.send('Page.captureScreenshot', { format: 'png', optimizeForSpeed: true }),
      mostMs,
    )
  // A picture is of the next frame. Others report that Chromium draws none of a page where nothing moves: it is made to.
  const { data } = await take(patienceMs).catch(async (error: Error) => {
    process.stderr.write(`${error.message}; asked once more\n`)
    await camera.send('Page.startScreencast', { format: 'jpeg', quality: 1 })
    await camera.send('Page.stopScreencast')
    return take()
  })
  await Promise.all([
    writeFile(join(pictures, `${name}-${scheme}-${width}.png`), data, 'base64'),
    camera.detach(),
  ])
}
