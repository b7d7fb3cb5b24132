/** What somebody without a mouse finds: where the focus goes with Tab, whether it can be seen there, and what it never reaches. */
import type { Page } from 'playwright-core'

export interface KeyboardWalk {
  /** Names of what the focus came to, in order. */
  readonly stops: readonly string[]
  /** What can be pressed or filled in and was never come to. */
  readonly unreached: readonly string[]
  /** What had the focus and looked as without it. */
  readonly unseen: readonly string[]
}

declare global {
  interface Window {
    manilaWalk?: {
      readonly visited: Set<Element>
      last: { readonly element: Element; readonly look: string } | null
    }
  }
}

/** Tabs once through the page, from its beginning. */
export async function tabThrough(page: Page): Promise<KeyboardWalk> {
  await page.evaluate(() => {
    window.manilaWalk = { visited: new Set(), last: null }
    ;(document.activeElement as HTMLElement | null)?.blur()
    window.getSelection()?.removeAllRanges()
    // The walk starts here, wherever something was pressed before.
    document.body.tabIndex = -1
    document.body.focus()
    document.body.removeAttribute('tabindex')
  })
  const stops: string[] = []
  const unseen: string[] = []
  const most = 40 + 2 * (await page.evaluate(countStops))
  for (let presses = 0; presses < most; presses++) {
    await page.keyboard.press('Tab')
    const at = await page.evaluate(step)
    if (at.before?.unseen === true) unseen.push(at.before.name)
    if (at.is === null || at.isKnown) break
    stops.push(at.is)
  }
  return { stops, unseen, unreached: await page.evaluate(leftOut) }
}

function countStops(): number {
  return document.querySelectorAll('a[href], button, input, select, textarea, [tabindex]').length
}

/** Runs in the page: notes what has the focus now, and whether what had it before looks different without. */
function step(): { is: string | null; isKnown: boolean; before: { name: string; unseen: boolean } | null } {
  const walk = window.manilaWalk as NonNullable<Window['manilaWalk']>
  const nameOf = (element: Element): string =>
    `${element.tagName.toLowerCase()} ${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40) || (element.getAttribute('name') ?? element.id)}`
  // A box that is drawn beside its input, or around it, counts as its look.
  const lookOf = (element: Element): string =>
    [element, element.parentElement, element.nextElementSibling]
      .filter((one) => one !== null)
      .map((one) => {
        const {
          outlineStyle,
          outlineWidth,
          outlineColor,
          boxShadow,
          borderColor,
          backgroundColor,
          textDecorationLine,
          clipPath,
          top,
          opacity,
        } = getComputedStyle(one)
        return [
          outlineStyle === 'none' ? '' : `${outlineWidth} ${outlineColor}`,
          boxShadow,
          borderColor,
          backgroundColor,
          textDecorationLine,
          clipPath,
          top,
          opacity,
        ].join()
      })
      .join(';')
  let before = null
  if (walk.last !== null && walk.last.element.isConnected)
    before = { name: nameOf(walk.last.element), unseen: lookOf(walk.last.element) === walk.last.look }
  const now = document.activeElement
  if (now === null || now === document.body || now === document.documentElement)
    return { is: null, isKnown: false, before }
  const isKnown = walk.visited.has(now)
  walk.visited.add(now)
  walk.last = { element: now, look: lookOf(now) }
  return { is: nameOf(now), isKnown, before }
}

/** Runs in the page. Within a group that the arrows move through (tabs, radios, menus) one stop is enough. */
function leftOut(): string[] {
  const visited = window.manilaWalk?.visited ?? new Set()
  const isShown = (element: Element): boolean =>
    element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0
  return (
    [
      ...document.querySelectorAll(
        'a[href], button, input, select, textarea, [tabindex="0"], [role=button], [role=link]',
      ),
    ]
      .filter((element) => isShown(element) && !visited.has(element))
      .filter((element) => !element.matches(':disabled, [inert] *, [aria-hidden=true] *, [aria-hidden=true]'))
      .filter(
        (element) =>
          element.closest('[role=tablist], [role=radiogroup], [role=menu], [role=listbox]') === null,
      )
      .filter(
        (element) => !(element instanceof HTMLInputElement && ['radio', 'hidden'].includes(element.type)),
      )
      // The cross in a field repeats what the keyboard does in the field itself.
      .filter(
        (element) =>
          !(
            element.getAttribute('tabindex') === '-1' &&
            element.closest('[data-position], .mantine-Input-wrapper') !== null
          ),
      )
      .map((element) => element.outerHTML.slice(0, 160))
  )
}
