import { execFile } from 'node:child_process'
import { expect, test } from 'vitest'
import { quietLooks, Resting } from './memory-at-rest.ts'

const mib = 2 ** 20
const looks = (resting: Resting, ...seen: (readonly [busy: number, heapMib: number])[]): boolean[] =>
  seen.map(([busy, heap]) => resting.isTime(busy, heap * mib))

/** All but the last look of a rest. */
const resting = (heapMib: number) => Array.from({ length: quietLooks - 1 }, () => [0, heapMib] as const)

test('is given back once a process has rested for a while, and what it needs then is left to it', () => {
  const process = new Resting()
  expect(looks(process, [0.5, 100], ...resting(100))).not.toContain(true)
  expect(looks(process, [0.01, 100])).toEqual([true])
  process.gaveBack(40 * mib)
  expect(looks(process, ...resting(41), [0, 41], [0, 50], [0, 55])).not.toContain(true)
  expect(looks(process, [0, 56])).toEqual([true])
})

test('is not given back while somebody may wait: one busy look, and it has to rest anew', () => {
  const process = new Resting()
  expect(looks(process, ...resting(99), [0.03, 99], ...resting(99))).not.toContain(true)
  expect(looks(process, [0, 99])).toEqual([true])
})

test("V8's collector is reached without a flag, and gives room of young objects back", async () => {
  const program = `
    import { giveBackAtRest } from ${JSON.stringify(new URL('memory-at-rest.ts', import.meta.url).href)}
    import { getHeapStatistics } from 'node:v8'
    const looks = []
    globalThis.setInterval = (look) => (looks.push(look), { unref() {} })
    giveBackAtRest()
    let kept = []
    for (let i = 0; i < 3e6; i++) { kept.push({ i }); if (kept.length > 3e5) kept = [] }
    kept = []
    const before = getHeapStatistics().total_heap_size
    for (let look = 0; look <= ${quietLooks}; look++) {
      await new Promise((resolve) => setTimeout(resolve, 50))
      looks[0]()
    }
    console.log(before, getHeapStatistics().total_heap_size)`
  const output = await new Promise<string>((resolve, reject) => {
    execFile(process.execPath, ['--input-type=module', '--eval', program], (error, stdout) =>
      error === null ? resolve(stdout) : reject(error),
    )
  })
  const [before = 0, after = 0] = output.trim().split(' ').map(Number)
  expect(before).toBeGreaterThan(30 * mib)
  expect(after).toBeLessThan(before / 2)
})
