/**
 * No list and no filter that clients use makes a database read a table of all shares from one end to the other, but those named here.
 * A new one that does, or an index that is lost to an `or`, fails. And no page costs what lies before it: where a list goes on behind a
 * row, the database begins at that row, and a first page ends with its last row.
 */
import { describe, expect, test } from 'vitest'
import { hasMariadb } from '../../tools/programs/mariadb.ts'
import { hasPostgres } from '../../tools/programs/postgres.ts'
import { ofOneProject, plansOn } from './plans-of.ts'
import { beginsAtMarker, isSorted, readWhole, type Kind } from './plans.ts'
import { behind } from './questions.ts'

/** Administrators' questions across all projects that no index can answer, or that are worth none. */
const whole: Readonly<Record<Kind, Readonly<Record<string, readonly string[]>>>> = {
  sqlite: {},
  postgres: {
    // A hundredth of the shares, found by an index; the shares themselves are then read together.
    'all shares, by metadata': ['shares'],
    'all shares, by part of a name': ['shares'],
  },
  mariadb: {},
}

const there: Readonly<Record<Kind, () => boolean>> = {
  sqlite: () => true,
  postgres: hasPostgres,
  mariadb: hasMariadb,
}

describe.each(['sqlite', 'postgres', 'mariadb'] as const)('%s', (kind) => {
  test.skipIf(!there[kind]())('reads no table of all shares whole, and nothing before a page', async () => {
    const plans = await plansOn(kind)
    const found = [...plans].map(([question, all]) => [
      question,
      [...new Set(all.flatMap((plan) => readWhole(kind, plan)))],
    ])
    expect(Object.fromEntries(found.filter(([, tables]) => tables?.length))).toEqual(whole[kind])
    // Together where they are asked of a server.
    const atOnce = plans.get('shares at once')?.length ?? 0
    expect(kind === 'sqlite' ? atOnce === 8 : atOnce > 0 && atOnce < 8).toBe(true)
    const deep = [...plans].filter(([question]) => question.includes(behind))
    expect(deep).toHaveLength(10)
    const fromTheFirst = deep.filter(([, all]) => !all.some((plan) => beginsAtMarker(kind, plan)))
    expect(fromTheFirst).toEqual([])
  })

  test.skipIf(!there[kind]())('a first page is not sorted where all is of one project', async () => {
    const plans = await plansOn(kind, ofOneProject)
    const pages = ['own shares', 'all shares'].map((whose) => `${whose}, with details`)
    const asked = [...pages, 'own shares, names', 'own snapshots', 'all snapshots']
    const found = asked.map((question) => [question, plans.get(question)] as const)
    expect(found.filter(([, all]) => all === undefined || all.length === 0)).toEqual([])
    expect(found.filter(([, all]) => all?.some((plan) => isSorted(kind, plan)))).toEqual([])
  })
})
