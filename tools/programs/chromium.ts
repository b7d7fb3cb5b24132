/** Debian's Chromium, in which the tests use the dashboard, and the fonts without which names of the world are boxes. */
import type { Need } from './packages.ts'

export const chromiumProgram = '/usr/bin/chromium'

export const chromiumNeeds: readonly Need[] = [
  { program: chromiumProgram, debianPackage: 'chromium', why: 'the browser that the dashboard is tested in' },
  {
    program: '/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf',
    debianPackage: 'fonts-dejavu-core',
    why: 'letters of the dashboard in pictures, Hebrew and Arabic among them',
  },
  {
    program: '/usr/share/fonts/truetype/noto/NotoColorEmoji.ttf',
    debianPackage: 'fonts-noto-color-emoji',
    why: 'emoji in names of shares',
  },
  {
    program: '/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf',
    debianPackage: 'fonts-droid-fallback',
    why: 'Chinese, Japanese and Korean letters in names of shares',
  },
]
