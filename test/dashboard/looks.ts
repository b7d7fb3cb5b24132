/** What must be so on every page, whatever it shows. */
import { createRequire } from 'node:module'
import type { Page } from 'playwright-core'
import type { Scheme } from './browser.ts'
import { inTime } from './patience.ts'

/** Waits until nothing is read any more and nothing is under way on the screen. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('[aria-busy=true], [data-loading=true]') === null)
  await page.waitForLoadState('load')
}

/** What axe answers, as far as it is read here. */
interface AxeAnswer {
  readonly violations: readonly {
    readonly id: string
    readonly help: string
    readonly nodes: readonly { readonly html: string; readonly failureSummary?: string }[]
  }[]
}
declare global {
  interface Window {
    readonly axe?: { run(context: Document, options: object): Promise<AxeAnswer> }
  }
}

// Of the package that brings it along. Its own runner opens another page for each answer, which costs more than the answer.
const require = createRequire(import.meta.url)
const { source } = createRequire(require.resolve('@axe-core/playwright'))('axe-core') as {
  readonly source: string
}

export interface AxeRules {
  readonly only?: readonly string[]
  readonly without?: readonly string[]
}

/** One line for each violation, with the elements; of all rules unless some are named. */
export async function violations(
  page: Page,
  { only, without = [] }: AxeRules = {},
): Promise<readonly string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(source)
  const answer = page.evaluate(
    async ({ only, without }) => {
      // An open menu floats beside the landmarks, and is closed before anybody looks for one.
      const off = document.querySelector('[role=menu]') === null ? without : [...without, 'region']
      const answer = await window.axe?.run(document, {
        resultTypes: ['violations'],
        rules: Object.fromEntries(off.map((rule) => [rule, { enabled: false }])),
        ...(only === undefined ? {} : { runOnly: { type: 'rule', values: only } }),
      })
      return answer?.violations.map(({ id, help, nodes }) => ({ id, help, nodes: nodes.slice(0, 3) }))
    },
    { only: only === undefined ? undefined : [...only], without: [...without] },
  )
  const found = await inTime(`axe on ${page.url()}`, answer)
  if (found === undefined) throw new Error('axe did not run')
  return found.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n    ${nodes
        .map(
          ({ html, failureSummary }) =>
            `${html.slice(0, 200)} ${failureSummary?.split('\n').slice(1, 3).join(' ')}`,
        )
        .join('\n    ')}`,
  )
}

/** Texts that somebody forgot to write, or to read: what a template makes of nothing. */
export const nonsense = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() => {
    const found: string[] = []
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
    for (let node = walker.nextNode(); node !== null; node = walker.nextNode()) {
      const text = node.textContent ?? ''
      if (
        /\bundefined\b|\bNaN\b|\[object|\bInvalid Date\b|=> |\{\{|\bnull\b/.test(text) &&
        node.parentElement?.closest('code, pre, script, style') === null
      )
        found.push(text.slice(0, 120))
    }
    return found
  })

/** What is wider than the window, where the page itself would scroll sideways. */
export async function tooWide(page: Page): Promise<readonly string[]> {
  // What floats is placed anew a moment after the window has another size.
  await page
    .waitForFunction(
      () => document.documentElement.scrollWidth <= document.documentElement.clientWidth,
      null,
      {
        timeout: 2000,
      },
    )
    .catch(() => null)
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement
    if (scrollWidth <= clientWidth) return []
    const wide = [...document.querySelectorAll('main *, header *, [role=dialog] *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 1,
    )
    return [
      `${scrollWidth} px in a window of ${clientWidth}`,
      ...wide.slice(0, 3).map(({ outerHTML }) => outerHTML.slice(0, 120)),
    ]
  })
}

/** In both schemes, and back: `look` is given each. */
export async function inBoth(page: Page, look: (scheme: Scheme) => Promise<void>): Promise<void> {
  for (const scheme of ['dark', 'light'] as const) {
    await page.emulateMedia({ colorScheme: scheme })
    // Mantine hears of it and marks the document.
    await page.waitForFunction(
      (scheme) => document.documentElement.dataset.mantineColorScheme === scheme,
      scheme,
    )
    await look(scheme)
  }
}
