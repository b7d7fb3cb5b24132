import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { metrics } from './metrics.ts'

const deploy = (file: string): string =>
  readFileSync(new URL(`../../deploy/${file}`, import.meta.url), 'utf8')

describe('what operators are given', () => {
  test.each(['prometheus/alerts.yml', 'grafana/manila.json'])(
    '%s asks only for metrics that exist',
    async (file) => {
      const all = metrics()
      const known = new Set((await all.registry.getMetricsAsJSON()).map(({ name }) => name))
      const asked = new Set(deploy(file).match(/\bmanila_[a-z_]+/g))
      expect(asked.size).toBeGreaterThan(5)
      const unknown = [...asked].filter((name) => !known.has(name.replace(/_(bucket|count|sum)$/, '')))
      expect(unknown).toEqual([])
    },
  )
})
