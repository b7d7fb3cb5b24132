/** What the rule book says that rules guard, against the routes that there are. */
import { describe, expect, it } from 'vitest'
import { ruleBook } from '../policy/defaults/index.ts'
import { routes } from './routes.ts'

/** Names of before 2.7 are other names of the same routes. */
const present = routes.filter(({ endpoint: e }) => e.until === undefined || e.until > 6)
const nameOf = ({ method, path, action }: (typeof routes)[number]['endpoint']): string =>
  `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}${action === undefined ? '' : ` ${action}`}`
const byRoute = new Map(present.map(({ endpoint }) => [nameOf(endpoint), endpoint.policy]))

describe('the rule book', () => {
  it('names every route that a rule guards under that rule', () => {
    const missing = [...byRoute].flatMap(([route, rule]) =>
      rule === null || ruleBook[rule]?.routes.includes(route) === true ? [] : [`${rule}: ${route}`],
    )
    expect(missing).toEqual([])
  })

  it('says which rules guard nothing yet, and of the others only routes that exist', () => {
    const elsewhere = ['GET /healthcheck']
    const wrong = Object.entries(ruleBook).flatMap(([name, { routes: named, notYet }]) =>
      named.flatMap((route) => {
        const exists = byRoute.has(route) || elsewhere.includes(route)
        return exists === (notYet === true)
          ? [`${name}: ${route}${exists ? ' exists' : ' does not exist'}`]
          : []
      }),
    )
    expect(wrong).toEqual([])
  })

  it('has a sentence for every rule, and routes for all but the base rules', () => {
    for (const [name, { about, routes: named }] of Object.entries(ruleBook)) {
      expect([name, about]).toEqual([name, expect.stringMatching(/^[A-Z`].{8,}\.$/)])
      expect([name, named.length > 0]).toEqual([name, name.includes(':')])
    }
  })
})
