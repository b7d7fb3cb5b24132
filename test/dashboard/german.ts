/** What is asked of a page in German besides what is asked of every page: nothing English is left on it, and no word is cut. */
import type { Page } from 'playwright-core'
import { de } from '../../dashboard/words/de/index.ts'
import { en } from '../../dashboard/words/en/index.ts'
import { operationPlans } from '../../src/model/operations.ts'
import { ruleStates, shareStatuses, snapshotStatuses } from '../../src/model/states.ts'
import { photograph, type Tab } from './browser.ts'
import { tooWide, violations } from './looks.ts'

/** All texts of a catalogue by where they stand in it. */
function texts(catalogue: object, at = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(catalogue) as [string, unknown][]) {
    if (typeof value === 'string') found.set(`${at}.${key}`, value)
    else if (typeof value === 'object' && value !== null)
      for (const [inner, text] of texts(value, `${at}.${key}`)) found.set(inner, text)
  }
  return found
}

/** English texts that are no German ones; and the words of the service likewise. */
const onlyEnglish: readonly string[] = (() => {
  const german = new Set(texts(de).values())
  const { status, kind } = en.service
  const said = [
    ...[...shareStatuses, ...snapshotStatuses, ...ruleStates].map(status),
    ...Object.keys(operationPlans).map(kind),
  ]
  return [...new Set([...texts(en).values(), ...said])].filter(
    (text) => !german.has(text) && /[a-z]{2}/.test(text),
  )
})()

/** What people have called things: in the service that the walk is through, and on any. */
const names: readonly string[] = ['default', 'Default', 'is used', 'Made by the quick start.']

/** What a screen reader is told in words. */
const spoken = [
  'aria-command-name',
  'aria-dialog-name',
  'aria-input-field-name',
  'aria-progressbar-name',
  'aria-toggle-field-name',
  'button-name',
  'document-title',
  'empty-heading',
  'html-has-lang',
  'html-lang-valid',
  'label',
  'link-name',
  'valid-lang',
]

/** Whatever is on the screen now, in German: a line for each thing that is wrong. */
export async function judgeGerman({ page }: Tab, name: string): Promise<readonly string[]> {
  const found: string[] = []
  const note = (what: string, lines: readonly string[]): void =>
    void found.push(...lines.map((line) => `${name}: ${what}: ${line}`))
  if ((await page.locator('html').getAttribute('lang')) !== 'de')
    note('lang', ['the page is not marked as German'])
  note('axe', await violations(page, { only: spoken }))
  note('English', await englishLeft(page))
  note('cut', await cutWords(page))
  await photograph({ page }, `de-${name}`, 'light')
  await page.setViewportSize({ width: 390, height: 844 })
  note('sideways at 390 px', await tooWide(page))
  note('cut at 390 px', await cutWords(page))
  await photograph({ page }, `de-${name}`, 'light')
  await page.setViewportSize({ width: 1440, height: 900 })
  return found
}

/** Texts of the English catalogue, and what reads as an English sentence where nothing says that it is one. */
const englishLeft = (page: Page): Promise<readonly string[]> =>
  page.evaluate(
    ({ english, names }) => {
      const known = new Set(english)
      const found = new Set<string>()
      const look = (text: string): void => {
        const plain = text.trim()
        if (names.includes(plain)) return
        if (known.has(plain) || /\b(the|is|are|not|which|with|and) [a-z]/.test(plain))
          found.add(plain.slice(0, 160))
      }
      const isOurs = (element: Element | null): boolean =>
        element?.closest('code, pre, script, style, textarea, bdi, [lang=en]') === null
      const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT)
      for (let node = walker.nextNode(); node !== null; node = walker.nextNode())
        if (isOurs(node.parentElement)) look(node.textContent ?? '')
      for (const element of document.querySelectorAll('[aria-label], [title], [placeholder]'))
        for (const name of ['aria-label', 'title', 'placeholder'])
          if (isOurs(element)) look(element.getAttribute(name) ?? '')
      return [...found]
    },
    { english: [...onlyEnglish], names: [...names] },
  )

/** Words of ours that do not fit where they stand: on buttons and tabs, in heads and labels. */
const cutWords = (page: Page): Promise<readonly string[]> =>
  page.evaluate(() =>
    [...document.querySelectorAll('button *, button, [role=tab] *, label, th, h2, nav a, nav a *')]
      .filter((element) => element.checkVisibility() && element.clientWidth > 2)
      .filter((element) => ['hidden', 'clip'].includes(getComputedStyle(element).overflowX))
      .filter((element) => element.scrollWidth > element.clientWidth + 1)
      .map(
        (element) =>
          `${element.clientWidth} px for ${element.scrollWidth}: ${element.textContent?.slice(0, 80)}`,
      ),
  )
