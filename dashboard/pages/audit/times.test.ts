import { describe, expect, it } from 'vitest'
import { jsonLines, kindOf, type AuditView } from './queries.ts'
import { localTime, utcTime } from './times.ts'

describe('times of filters', () => {
  it('are UTC in the address and of the zone in the field, there and back', () => {
    for (const utc of ['2026-11-27T09:05:00', '2026-07-01T23:59:00', '2027-01-01T00:00:00'])
      expect(utcTime(localTime(utc))).toBe(utc)
  })

  it('that are none are forgotten', () => {
    expect([utcTime('soon'), localTime('soon'), localTime('2026-13-01T00:00:00')]).toEqual([
      undefined,
      '',
      '',
    ])
  })
})

describe('what is taken along', () => {
  it('is one event a line, whatever is in it', () => {
    const event = { id: '1', operation: 'a\nb', target: { typeURI: 'storage/share' } } as unknown as AuditView
    const lines = jsonLines([event, event]).split('\n')
    expect([lines.length, lines.at(-1), JSON.parse(lines[0] as string)]).toEqual([3, '', event])
    expect(kindOf(event)).toBe('share')
  })
})
