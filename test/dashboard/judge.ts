/** Whatever is on the screen now: for screen readers and eyes in both schemes, on a phone, and in pictures. */
import { photograph, type Tab } from './browser.ts'
import { inBoth, nonsense, tooWide, violations } from './looks.ts'

/** A line for each thing that is wrong. The window is as it was afterwards. */
export async function judge({ page }: Tab, name: string, isDialog = false): Promise<readonly string[]> {
  const found: string[] = []
  const note = (what: string, lines: readonly string[]): void =>
    void found.push(...lines.map((line) => `${name}: ${what}: ${line}`))
  await inBoth(page, async (scheme) => {
    note(`axe, ${scheme}`, await violations(page))
    if (!isDialog || scheme === 'dark') await photograph({ page }, name, scheme)
  })
  note('nonsense', await nonsense(page))
  if (!isDialog) {
    await page.setViewportSize({ width: 1024, height: 768 })
    await photograph({ page }, name, 'light')
  }
  await page.setViewportSize({ width: 390, height: 844 })
  note('sideways at 390 px', await tooWide(page))
  await photograph({ page }, name, 'light')
  await page.setViewportSize({ width: 1440, height: 900 })
  return found
}
