/** A policy file beside a running service: what is in force, and where it says so. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { until } from '../faults/world.ts'
import { startServiceProcess, type ServiceProcess } from '../helpers/service-process.ts'

const dir = mkdtempSync(join(tmpdir(), 'manila-policy-'))
const file = join(dir, 'policy.yaml')
const settings = (state: string) => ({
  dir: join(dir, state),
  kind: 'sim' as const,
  settings: {
    backends: { alpha: { driver: 'sim', exporter: 'sim' } },
    api: { policy_file: file },
  },
})

let service: ServiceProcess
let tokens: { readonly demo: string; readonly admin: string }
beforeAll(async () => {
  writeFileSync(file, '"share:gte": "!"\n')
  service = await startServiceProcess(settings('state'))
  const token = async (cloud: 'manila-demo' | 'manila-admin') =>
    (await service.connect(cloud)).tokens.current()
  tokens = { demo: await token('manila-demo'), admin: await token('manila-admin') }
})
afterAll(async () => {
  await service?.stop()
  rmSync(dir, { recursive: true, force: true })
})

const listed = async (): Promise<number> =>
  (await fetch(`${service.url}/v2/shares`, { headers: { 'x-auth-token': tokens.demo } })).status
const health = async () => {
  const answer = await fetch(`${service.url}/healthcheck`, { headers: { 'x-auth-token': tokens.admin } })
  expect(answer.status).toBe(200)
  return ((await answer.json()) as { policy: Record<string, unknown> }).policy
}
const metric = async (name: string): Promise<number> => {
  const text = await (await fetch(service.metricsUrl)).text()
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1])
}
/** In the way that never shows half a file. */
const put = (text: string): void => {
  writeFileSync(`${file}.new`, text)
  renameSync(`${file}.new`, file)
}

describe('a policy file', () => {
  test('with a rule that nobody knows is in force without it, and health names the rule', async () => {
    expect(await listed()).toBe(200)
    expect(await health()).toMatchObject({
      file,
      state: 'in force',
      overrides: 0,
      reason: null,
      unknown_rules: ['there is no rule "share:gte"; did you mean "share:get"?'],
    })
    expect(await metric('manila_policy_unknown_rules')).toBe(1)
  })

  test('that changes is in force within seconds, without a restart', async () => {
    put('"share:get_all": "!"\n')
    await until('the new rule', 10_000, async () => (await listed()) === 403)
    expect(await health()).toMatchObject({ state: 'in force', overrides: 1, unknown_rules: [] })
    expect(await metric('manila_policy_overrides')).toBe(1)
  })

  test('that breaks, or is gone, leaves the rules as they were, and health and metrics say so', async () => {
    for (const spoil of [() => put('"share:get_all": "rule:'), () => rmSync(file)]) {
      spoil()
      await until('health to know', 10_000, async () => (await health()).state === 'broken')
      expect(await health()).toMatchObject({ reason: expect.stringContaining(file), overrides: 1 })
      expect(await metric('manila_policy_file_broken')).toBe(1)
      expect(await listed()).toBe(403)
      put('"share:get_all": "!"\n# whole again\n')
      await until('it to be well', 10_000, async () => (await health()).state === 'in force')
      expect(await metric('manila_policy_file_broken')).toBe(0)
    }
    put('{}\n')
    await until('the defaults', 10_000, async () => (await listed()) === 200)
  })

  test('that is wrong, or not there, at the start is why there is none', async () => {
    put('"share:get": "rule:project-reeder"\n')
    await expect(startServiceProcess(settings('second'))).rejects.toThrow(
      /policy file .*did you mean "project-reader"/s,
    )
    rmSync(file)
    await expect(startServiceProcess(settings('third'))).rejects.toThrow(/policy file .*ENOENT/s)
  })
})
