import { afterEach, describe, expect, it, vi } from 'vitest'
import { failpointFromEnvironment } from './failpoint.ts'

const kill = vi.spyOn(process, 'kill').mockReturnValue(true)
afterEach(() => kill.mockClear())

const killsAfter = (wanted: string): number[] => {
  const failpoint = failpointFromEnvironment({ MANILA_FAILPOINT: wanted })
  const struck: number[] = []
  for (const time of [1, 2, 3]) {
    failpoint('create-share', 'backend', 'before-effect')
    failpoint('delete-share', 'backend', 'after-effect')
    failpoint('create-share', 'backend', 'after-effect')
    if (kill.mock.calls.length > 0) struck.push(time)
    kill.mockClear()
  }
  return struck
}

describe('a failpoint', () => {
  it('is nowhere unless it is named', () => {
    expect(killsAfter('')).toEqual([])
    expect(killsAfter('create-share/backend')).toEqual([])
  })

  it('ends the process the first time that it comes there, or the one that is asked for', () => {
    expect(killsAfter('create-share/backend/after-effect')).toEqual([1])
    expect(killsAfter('create-share/backend/after-effect@1')).toEqual([1])
    expect(killsAfter('create-share/backend/after-effect@3')).toEqual([3])
  })
})
