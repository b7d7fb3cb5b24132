import { afterEach, describe, expect, test } from 'vitest'
import { listShares } from '../wire/shares/schema.ts'
import { connect } from './connect.ts'
import { fakeService, signedIn, type Asked, type FakeService, type Said } from './fake-service.fixture.ts'
import { pages } from './pages.ts'

const running: FakeService[] = []
afterEach(async () => {
  for (const one of running.splice(0)) await one.close()
})

const all = Array.from({ length: 7 }, (_, at) => ({ id: `s${at}`, name: `${at}`, links: [] }))

async function walk(answer: (asked: Asked) => Said, pageSize: number) {
  const service = await fakeService({ answer })
  running.push(service)
  const client = await connect(signedIn(service))
  const ids: string[] = []
  for await (const { id } of pages(client, listShares, 'shares', { pageSize, query: { status: 'error' } }))
    ids.push(id)
  return { ids, queries: service.to('GET /v2/shares').map(({ query }) => Object.fromEntries(query)) }
}

const linked = (rows: readonly unknown[], limit: number) =>
  rows.length < limit ? {} : { shares_links: [{ rel: 'next', href: 'http://elsewhere/' }] }

/** Goes on behind the marker. */
const byMarker = ({ query }: Asked): Said => {
  const limit = Number(query.get('limit'))
  const start = all.findIndex(({ id }) => id === query.get('marker')) + 1
  const rows = all.slice(start, start + limit)
  return { body: { shares: rows, ...linked(rows, limit) } }
}

/** As the original: `marker` is read and ignored. */
const byOffset = ({ query }: Asked): Said => {
  const start = Number(query.get('offset') ?? 0)
  const rows = all.slice(start, start + Number(query.get('limit')))
  return { body: { shares: rows, ...linked(rows, Number(query.get('limit'))) } }
}

describe('pages', () => {
  const ids = all.map(({ id }) => id)

  test('walks by marker, with the filters on every page', async () => {
    const walked = await walk(byMarker, 3)
    expect(walked.ids).toEqual(ids)
    expect(walked.queries).toEqual([
      { status: 'error', limit: '3' },
      { status: 'error', limit: '3', marker: 's2' },
      { status: 'error', limit: '3', marker: 's5' },
    ])
  })

  test('turns to offset where marker is ignored, and gives nothing twice', async () => {
    const walked = await walk(byOffset, 3)
    expect(walked.ids).toEqual(ids)
    expect(walked.queries.slice(2).map(({ offset }) => offset)).toEqual(['3', '6'])
  })

  test('ends where neither is understood', async () => {
    const walked = await walk(() => ({ body: { shares: all.slice(0, 3), ...linked(all.slice(0, 3), 3) } }), 3)
    expect(walked.ids).toEqual(ids.slice(0, 3))
  })

  test('goes on while the server links to more, although it gives shorter pages than asked for', async () => {
    const capped = (asked: Asked): Said => {
      asked.query.set('limit', '2')
      return byMarker(asked)
    }
    expect((await walk(capped, 500)).ids).toEqual(ids)
  })

  test('asks once more when the last page is full, and takes an empty one', async () => {
    expect((await walk(byMarker, 7)).ids).toEqual(ids)
  })
})
