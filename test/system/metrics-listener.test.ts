/** Who may call the API is not thereby told its counters: they are on a port of their own unless the operator says otherwise. */
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { startServiceProcess } from '../helpers/service-process.ts'

const backends = { alpha: { driver: 'sim', exporter: 'sim' } }

test.each([
  [false, 404],
  [true, 200],
])('on_api_port = %s: the port of the API answers %i', async (on_api_port, status) => {
  const dir = mkdtempSync(join(tmpdir(), 'manila-metrics-'))
  const service = await startServiceProcess({
    dir,
    kind: 'sim',
    brief: true,
    settings: { backends, metrics: { on_api_port } },
  })
  try {
    const onApi = await fetch(`${service.url}/metrics`)
    const counters = /^# HELP manila_/m
    expect([onApi.status, counters.test(await onApi.text())]).toEqual([status, on_api_port])
    expect(new URL(service.metricsUrl).host).not.toBe(new URL(service.url).host)
    const own = await fetch(service.metricsUrl)
    expect([own.status, counters.test(await own.text())]).toEqual([200, true])
    const healthy = await fetch(new URL('/healthcheck', service.metricsUrl))
    expect(healthy.status).toBe(200)
  } finally {
    await service.stop()
    rmSync(dir, { recursive: true, force: true })
  }
})
