/** What somebody without a mouse finds: where the focus goes with Tab, whether it can be seen there, and what it never reaches. */
import type { Page } from 'playwright-core'
import { inTime } from './patience.ts'

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
      readonly stops: readonly string[]
      readonly unseen: readonly string[]
      readonly visited: ReadonlySet<Element>
      /** It came to the end, or to where it was. */
      isOver: boolean
      stop(): void
    }
  }
}

/** Keys at once: asking after each one would take longer than the keys. What is pressed too often changes nothing. */
const handful = 12

/** Tabs once through the page, from its beginning. */
export async function tabThrough(page: Page): Promise<KeyboardWalk> {
  const most = await page.evaluate(begin)
  const keyboard = await page.context().newCDPSession(page)
  const key = { key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 }
  for (let presses = 0; presses < most; presses += handful) {
    const asked = Array.from({ length: handful }, () => [
      keyboard.send('Input.dispatchKeyEvent', { type: 'rawKeyDown', ...key }),
      keyboard.send('Input.dispatchKeyEvent', { type: 'keyUp', ...key }),
    ])
    await inTime(`keys on ${page.url()}`, Promise.all(asked.flat()))
    if (await page.evaluate(() => window.manilaWalk?.isOver === true)) break
  }
  await keyboard.detach()
  return page.evaluate(end)
}

/** Runs in the page: listens to where the focus goes. Answers how many keys are enough. */
function begin(): number {
  const nameOf = (element: Element): string =>
    `${element.tagName.toLowerCase()} ${(element.getAttribute('aria-label') ?? element.textContent ?? '').trim().slice(0, 40) || (element.getAttribute('name') ?? element.id)}`
  // A box that is drawn beside its input, or around it, counts as its look.
  const lookOf = (element: Element): string =>
    [element, element.parentElement, element.nextElementSibling]
      .filter((one) => one !== null)
      .map((one) => {
        const style = getComputedStyle(one)
        return [
          style.outlineStyle === 'none' ? '' : `${style.outlineWidth} ${style.outlineColor}`,
          style.boxShadow,
          style.borderColor,
          style.backgroundColor,
          style.textDecorationLine,
          style.clipPath,
          style.top,
          style.opacity,
        ].join()
      })
      .join(';')
  ;(document.activeElement as HTMLElement | null)?.blur()
  window.getSelection()?.removeAllRanges()
  // The walk starts here, wherever something was pressed before.
  document.body.tabIndex = -1
  document.body.focus()
  document.body.removeAttribute('tabindex')
  const stops: string[] = []
  const unseen: string[] = []
  const visited = new Set<Element>()
  let last: { readonly element: Element; readonly look: string } | null = null
  /** After each key: notes what has the focus now, and whether what had it before looks different without. */
  const step = (): void => {
    if (walk.isOver) return
    if (last !== null && last.element.isConnected && lookOf(last.element) === last.look)
      unseen.push(nameOf(last.element))
    const now = document.activeElement
    if (now === null || now === document.body || now === document.documentElement || visited.has(now)) {
      walk.isOver = true
      return
    }
    visited.add(now)
    stops.push(nameOf(now))
    last = { element: now, look: lookOf(now) }
  }
  const onKey = ({ key }: KeyboardEvent): void => {
    if (key === 'Tab') step()
  }
  const walk = {
    stops,
    unseen,
    visited,
    isOver: false,
    stop: () => document.removeEventListener('keyup', onKey, true),
  }
  window.manilaWalk = walk
  document.addEventListener('keyup', onKey, true)
  return 40 + 2 * document.querySelectorAll('a[href], button, input, select, textarea, [tabindex]').length
}

/** Runs in the page: what was found. Within a group that the arrows move through (tabs, radios, menus) one stop is enough. */
function end(): KeyboardWalk {
  const walk = window.manilaWalk
  if (walk === undefined) throw new Error('the walk did not begin')
  const { stops, unseen, visited } = walk
  walk.stop()
  const isShown = (element: Element): boolean =>
    element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0
  const unreached = [
    ...document.querySelectorAll(
      'a[href], button, input, select, textarea, [tabindex="0"], [role=button], [role=link]',
    ),
  ]
    .filter((element) => isShown(element) && !visited.has(element))
    .filter((element) => !element.matches(':disabled, [inert] *, [aria-hidden=true] *, [aria-hidden=true]'))
    .filter(
      (element) => element.closest('[role=tablist], [role=radiogroup], [role=menu], [role=listbox]') === null,
    )
    .filter((element) => !(element instanceof HTMLInputElement && ['radio', 'hidden'].includes(element.type)))
    // The cross in a field repeats what the keyboard does in the field itself.
    .filter(
      (element) =>
        !(
          element.getAttribute('tabindex') === '-1' &&
          element.closest('[data-position], .mantine-Input-wrapper') !== null
        ),
    )
    .map((element) => element.outerHTML.slice(0, 160))
  return { stops, unseen, unreached }
}
