import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, test } from 'vitest'
import { helper } from './helper.ts'
import type { Helper } from './helper.ts'

/** Answers each line with what it was asked, late when asked to; exits and babbles on request. */
const program = `
const cancelled = new Set()
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  const asked = JSON.parse(line)
  if (asked.cancel) return cancelled.add(asked.id)
  if (asked.exit) { console.error('no more'); process.exit(3) }
  console.log('babble')
  const answer = () => console.log(JSON.stringify({ id: asked.id, said: asked.say, pid: process.pid, cancelled: [...cancelled] }))
  if (!asked.hang) setTimeout(answer, asked.afterMs ?? 0)
}).on('close', () => process.exit(0))
`
const helpers: Helper[] = []
const make = (): Helper => {
  const one = helper([process.execPath, '-e', program])
  helpers.push(one)
  return one
}
afterEach(() => helpers.splice(0).forEach((one) => one.end()))

describe('a helper', () => {
  test('answers each question with its own answer, and stays', async () => {
    const one = make()
    const ask = (say: string, afterMs: number) => one.ask({ say, afterMs }, { deadlineMs: 5000 })
    const [slow, quick] = await Promise.all([ask('slow', 60), ask('quick', 0)])
    expect(slow).toMatchObject({ said: 'slow' })
    expect(quick).toMatchObject({ said: 'quick', pid: (slow as { pid: number }).pid })
  })

  test('takes a question back when its deadline passes or it is stopped', async () => {
    const one = make()
    await expect(one.ask({ hang: true }, { deadlineMs: 30 })).rejects.toMatchObject({ kind: 'deadline' })
    const stop = new AbortController()
    const asked = one.ask({ hang: true }, { deadlineMs: 5000, signal: stop.signal })
    await sleep(10)
    stop.abort()
    await expect(asked).rejects.toMatchObject({ kind: 'aborted' })
    expect(await one.ask({ say: 'on' }, { deadlineMs: 5000 })).toMatchObject({ cancelled: [1, 2] })
  })

  test('a child that ended fails what was asked, and the next question starts another', async () => {
    const one = make()
    const pending = one.ask({ hang: true }, { deadlineMs: 5000 })
    const last = one.ask({ exit: true }, { deadlineMs: 5000 })
    await expect(pending).rejects.toMatchObject({ kind: 'exit', message: expect.stringContaining('no more') })
    await expect(last).rejects.toMatchObject({ kind: 'exit' })
    expect(await one.ask({ say: 'again' }, { deadlineMs: 5000 })).toMatchObject({ said: 'again' })
  })

  test('is not asked for an owner who may have lost the lease', async () => {
    const fence = { lockFile: '/unused', number: 1, owned: () => false }
    await expect(make().ask({}, { deadlineMs: 5000, fence })).rejects.toMatchObject({ kind: 'fenced' })
  })
})
