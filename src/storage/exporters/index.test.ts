import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { exporterNames, loadExporter } from './index.ts'

test('every built-in exporter loads under its own name, and every folder is one', async () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true }).filter((one) => one.isDirectory())
  expect(exporterNames).toEqual(expect.arrayContaining(folders.map(({ name }) => name)))
  for (const name of exporterNames) expect((await loadExporter(name, '/')).name).toBe(name)
})

test('an exporter from a file, and what is said about wrong ones', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'manila-exporters-'))
  try {
    writeFileSync(join(dir, 'mine.mjs'), `export const exporter = { name: 'mine', options: {}, create() {} }`)
    writeFileSync(join(dir, 'wrong.mjs'), `export const exporter = { name: 'wrong' }`)
    expect((await loadExporter('path:./mine.mjs', dir)).name).toBe('mine')
    await expect(loadExporter('path:./wrong.mjs', dir)).rejects.toThrow('must export `exporter`')
    await expect(loadExporter('path:./absent.mjs', dir)).rejects.toThrow("can't be loaded")
    await expect(loadExporter('ganehsa', dir)).rejects.toThrow(exporterNames.join(', '))
    await expect(loadExporter('constructor', dir)).rejects.toThrow('no exporter constructor')
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})
