import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { routes } from '../../src/api/routes.ts'
import { existsAt, isExperimentalAt } from '../../src/wire/endpoint.ts'
import { openapi } from '../../src/wire/openapi.ts'
import { maxMinor } from '../../src/model/version.ts'
import { documentOf, fileOf, keptMinors } from './openapi.ts'

// oxlint-disable-next-line typescript/no-explicit-any -- a document is looked at by path
const at = (minor: number): any => openapi(routes, minor)

describe('kept documents', () => {
  test.each(keptMinors)('2.%i is what is kept; after a meant change: npm run golden', (minor) => {
    expect(documentOf(minor)).toBe(readFileSync(fileOf(minor), 'utf8'))
  })
})

describe('what a document says', () => {
  test('at every microversion: each route that lives there, no other', () => {
    for (let minor = 0; minor <= maxMinor; minor++) {
      const { paths } = at(minor) as { paths: Record<string, Record<string, { 'x-actions'?: object }>> }
      const said = Object.entries(paths).flatMap(([path, methods]) =>
        Object.entries(methods).flatMap(([method, { 'x-actions': actions }]) =>
          actions === undefined
            ? [`${method} ${path}`]
            : Object.keys(actions).map((name) => `${method} ${path} ${name}`),
        ),
      )
      const living = routes
        .filter(({ endpoint }) => existsAt(endpoint, minor))
        .map(({ endpoint: { method, path, action } }) => {
          const name = `${method.toLowerCase()} /v2${path.replaceAll(/:(\w+)/g, '{$1}')}`
          return action === undefined ? name : `${name} ${action}`
        })
      expect(said.sort()).toEqual(living.sort())
    }
  })

  test('every reference leads somewhere', () => {
    for (const minor of keptMinors) {
      const document = at(minor)
      for (const [, path = ''] of documentOf(minor).matchAll(/"\$ref": "#\/([^"]+)"/g)) {
        const target = path.split('/').reduce((node, key) => node?.[key], document)
        expect([path, typeof target]).toEqual([path, 'object'])
      }
    }
  })

  const shareAt = (minor: number): string[] => {
    const document = at(minor)
    const reply = document.paths['/v2/shares/{id}'].get.responses[200].content['application/json'].schema
    const inner = reply.properties.share
    const name = inner.$ref?.split('/').at(-1)
    return Object.keys((name === undefined ? inner : document.components.schemas[name]).properties)
  }

  test('a share has the fields of its microversion, old ones included', () => {
    expect(shareAt(0)).toEqual(expect.arrayContaining(['export_location', 'export_locations', 'share_type']))
    expect(shareAt(0)).not.toContain('share_type_name')
    expect(shareAt(1)).not.toContain('snapshot_support')
    expect(shareAt(2)).toContain('snapshot_support')
    expect(shareAt(9)).not.toContain('export_location')
    expect(shareAt(98)).not.toContain('snapshot_inherit_share_access_support')
    expect(shareAt(99)).toContain('snapshot_inherit_share_access_support')
  })

  test('a request has only the fields it may have', () => {
    const create = (minor: number) =>
      JSON.stringify(at(minor).paths['/v2/shares'].post.requestBody.content['application/json'].schema)
    expect(create(64)).not.toContain('scheduler_hints')
    expect(create(65)).toContain('scheduler_hints')
    const allow = (minor: number) =>
      JSON.stringify(at(minor).paths['/v2/shares/{id}/action'].post.requestBody)
    expect(allow(81)).not.toContain('lock_deletion')
    expect(allow(82)).toContain('lock_deletion')
  })

  test('experimental routes are marked while they are', () => {
    for (const { endpoint } of routes) {
      for (const [first, last] of endpoint.experimental ?? []) {
        const path = `/v2${endpoint.path.replaceAll(/:(\w+)/g, '{$1}')}`
        const mark = (minor: number) => {
          const operation = at(minor).paths[path]?.[endpoint.method.toLowerCase()]
          const said = endpoint.action === undefined ? operation : operation?.['x-actions'][endpoint.action]
          return said?.['x-experimental'] === true
        }
        expect(mark(first)).toBe(true)
        expect(mark(Math.min(last, maxMinor))).toBe(true)
        if (last < maxMinor) expect(mark(last + 1)).toBe(isExperimentalAt(endpoint, last + 1))
      }
    }
  })
})
