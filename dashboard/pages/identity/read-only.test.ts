import { describe, expect, it } from 'vitest'
import { homesOf } from './read-only.ts'

const ours = { id: 'default', name: 'Default', enabled: true }
const corp = { id: 'corp', name: 'corp', enabled: true, users_read_only: true }

describe('domains of a directory', () => {
  it('let nothing be changed, and say why; the others do', () => {
    const { open, whyNot, whyNone } = homesOf([ours, corp], 'there')
    expect(open).toEqual([ours])
    expect([whyNot('corp'), whyNot('default'), whyNot('unknown')]).toEqual(['there', null, null])
    expect(whyNone).toBeNull()
  })
  it('may be all that there are: nothing can be made then', () => {
    expect(homesOf([corp], 'there')).toMatchObject({ open: [], whyNone: 'there' })
  })
  it('that are not known forbid nothing', () => {
    expect(homesOf(undefined, 'there').whyNone).toBeNull()
    expect(homesOf([], 'there').whyNone).toBeNull()
    expect(homesOf(undefined, 'there').whyNot('corp')).toBeNull()
  })
})
