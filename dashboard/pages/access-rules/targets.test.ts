import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { accessTypes, checkTarget } from '../../../src/model/access.ts'
import { isNew, readTargets, stillLetIn, typesFor } from './targets.ts'

const abilities = { ipv6: true, cephx: true }
const asked = (text: string, more: Partial<Parameters<typeof readTargets>[0]> = {}) =>
  readTargets({ type: 'ip', level: 'rw', text, abilities, rules: [], ...more })

describe('what was typed as targets', () => {
  it('takes what the server takes and refuses what it refuses, whatever is typed', () => {
    fc.assert(
      fc.property(fc.constantFrom(...accessTypes), fc.string({ maxLength: 80 }), (type, text) => {
        for (const target of asked(text, { type })) {
          const law = checkTarget(type, target.to, abilities)
          expect(target.canonical).toBe(law.canonical ?? null)
          expect(target.problem === null).toBe(law.problem === undefined)
        }
      }),
    )
  })

  it('reads a pasted list: lines, commas, a level behind an address', () => {
    const targets = asked('10.0.0.7\n 10.1.0.0/16 ro ,, 192.168.0.1 RW\n')
    expect(targets.map(({ to, level }) => [to, level])).toEqual([
      ['10.0.0.7', 'rw'],
      ['10.1.0.0/16', 'ro'],
      ['192.168.0.1', 'rw'],
    ])
    expect(targets.every(isNew)).toBe(true)
  })

  it('keeps names whole: they may hold commas, spaces and end in ro', () => {
    expect(asked('Jane Doe, Sales ro', { type: 'cert' }).map(({ to }) => to)).toEqual(['Jane Doe, Sales ro'])
  })

  it('says what an address means: everybody, a network, IPv4 in the clothes of IPv6', () => {
    expect(asked('0.0.0.0/0')[0]?.notes).toEqual([{ is: 'everyone' }])
    expect(asked('::/0')[0]?.notes).toEqual([{ is: 'everyone' }])
    expect(asked('10.0.0.0/24')[0]?.notes).toEqual([{ is: 'network', addresses: 256n }])
    expect(asked('::ffff:10.0.0.7')[0]?.notes).toEqual([{ is: 'mapped', as: '10.0.0.7' }])
    expect(asked('FD00::0:1')[0]?.notes).toEqual([{ is: 'respelled', as: 'fd00::1' }])
  })

  it('refuses the address of nobody, host bits and short forms with a reason', () => {
    for (const text of ['0.0.0.0', '10.0.0.1/24', '10.1', '010.0.0.1', '10.0.0.256', 'example.org']) {
      const [target] = asked(text)
      expect(target?.problem, text).toMatch(/^(must|0\.0\.0\.0)/)
      expect(target === undefined || isNew(target), text).toBe(false)
    }
  })

  it('finds the same meaning in another spelling, among the rules and in the list itself', () => {
    const rules = [{ access_type: 'ip', access_to: '::ffff:10.0.0.7' }]
    const targets = asked('10.0.0.7\nfd00::1\nFD00:0::1', { rules })
    expect(targets.map(({ notes }) => notes[0]?.is)).toEqual(['exists', undefined, 'twice'])
    expect(targets.map(isNew)).toEqual([false, true, false])
  })
})

describe('kinds of rules', () => {
  it('offers first what the protocol has, and keeps every other one', () => {
    for (const protocol of ['NFS', 'cifs', 'CEPHFS', 'NEWFS']) {
      const { usual, others } = typesFor(protocol, abilities)
      expect([...usual, ...others].sort()).toEqual([...accessTypes].sort())
      expect(usual.length).toBeGreaterThan(0)
    }
    expect(typesFor('CIFS', abilities).usual).toEqual(['user', 'ip'])
    expect(typesFor('CEPHFS', { ...abilities, cephx: false }).others).not.toContain('cephx')
  })
})

describe('who is still let in', () => {
  const rule = (id: string, access_to: string, state = 'active') => ({
    id,
    access_type: 'ip',
    access_to,
    access_level: 'rw',
    state,
  })

  it('by networks that hold it, the nearest first', () => {
    const rules = [rule('a', '10.0.0.0/24'), rule('b', '10.0.0.7'), rule('c', '0.0.0.0/0'), rule('d', '::/0')]
    expect(stillLetIn(rule('b', '10.0.0.7'), rules).map(({ id }) => id)).toEqual(['a', 'c'])
    expect(stillLetIn(rule('a', '10.0.0.0/24'), rules).map(({ id }) => id)).toEqual(['c'])
  })

  it('not by a rule that is not in force, nor by what is hidden', () => {
    const rules = [rule('a', '10.0.0.0/8', 'error'), rule('c', '******')]
    expect(stillLetIn(rule('b', '10.0.0.7'), rules)).toEqual([])
  })
})
