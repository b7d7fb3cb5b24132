import { afterAll, describe, expect, it } from 'vitest'
import { testWorld } from './bench.fixture.ts'

const world = testWorld()
afterAll(() => world.end())

describe('bus permissions', () => {
  it('prints a command per service, by the prefix of the configuration', async () => {
    world.configure({ bus: { prefix: 'site-1' } })
    const all = await world.run('bus', 'permissions')
    expect(all.code).toBe(0)
    expect(all.out.trimEnd().split('\n')).toHaveLength(6)
    const one = await world.run('bus', 'permissions', '--service', 'manila-api')
    const line = /^rabbitmqctl set_permissions -p VHOST manila-api '([^']+)' '([^']+)' '([^']+)'\n$/.exec(
      one.out,
    )
    const [configure, write, read] = (line ?? []).slice(1).map((text) => new RegExp(text))
    const may = (what: RegExp | undefined, name: string): boolean => what?.test(`site-1.${name}`) === true
    expect(may(write, 'work')).toBe(true)
    expect(may(configure, 'process.manila-api.7')).toBe(true)
    for (const name of ['work.scheduler', 'work.share.x', 'process.manila-share.7', 'notifications']) {
      expect([name, may(configure, name), may(write, name), may(read, name)]).toEqual([
        name,
        false,
        false,
        false,
      ])
    }
    expect(may(read, 'dead-letters')).toBe(false)
    expect(read?.test('other.work')).toBe(false)
  })

  it('knows no other service', async () => {
    expect(await world.run('bus', 'permissions', '--service', 'nova')).toMatchObject({ code: 2 })
  })
})

describe('bus dead-letters', () => {
  it('says that there is no broker', async () => {
    world.configure({})
    const { code, err } = await world.run('bus', 'dead-letters', 'list')
    expect([code, err]).toEqual([3, 'manila-manage: bus.url is memory:, there is no broker to ask\n'])
  })
})
