/** What must be so on every page, whatever it shows. */
import { AxeBuilder } from '@axe-core/playwright'
import type { Page } from 'playwright-core'
import type { Scheme } from './browser.ts'

/** Waits until nothing is read any more and nothing is under way on the screen. */
export async function settled(page: Page): Promise<void> {
  await page.waitForFunction(() => document.querySelector('[aria-busy=true], [data-loading=true]') === null)
  await page.waitForLoadState('load')
}

/** One line for each violation, with the elements. In the second scheme only what a scheme changes is looked at. */
export async function violations(page: Page, scheme: Scheme): Promise<readonly string[]> {
  const axe = new AxeBuilder({ page })
  // An open menu floats beside the landmarks, and is closed before anybody looks for one.
  if ((await page.getByRole('menu').count()) > 0) axe.disableRules(['region'])
  const { violations } = await (scheme === 'dark' ? axe : axe.withRules(['color-contrast'])).analyze()
  return violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}\n    ${nodes
        .slice(0, 3)
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
