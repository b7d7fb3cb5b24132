import { execFile } from 'node:child_process'
import { mkdtemp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { driverNames, loadDriver } from './index.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
let dir = ''

/** The driver of the guide, laid out as somebody outside would have it. */
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'outside-driver-'))
  const guide = await readFile(join(root, 'docs/adding-a-driver.md'), 'utf8')
  const [driver, check] = [...guide.matchAll(/```js\n(.*?)```/gs)].map((match) => match[1]!)
  await writeFile(join(dir, 'package.json'), '{"type": "module"}')
  await writeFile(join(dir, 'my-driver.js'), driver!)
  await writeFile(join(dir, 'check.js'), check!)
  await mkdir(join(dir, 'node_modules'))
  await symlink(root, join(dir, 'node_modules/manila'), 'dir')
})
afterAll(() => rm(dir, { recursive: true, force: true }))

test('every built-in driver is found under its name, and every folder is a driver', async () => {
  const folders = (await readdir(import.meta.dirname, { withFileTypes: true })).filter((one) =>
    one.isDirectory(),
  )
  expect(folders.map(({ name }) => name).toSorted()).toEqual(driverNames.toSorted())
  for (const name of driverNames) expect((await loadDriver(name, dir)).name).toBe(name)
})

test('the driver of the guide, outside the repository, passes the kit', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, ['check.js'], { cwd: dir })
  expect(stdout).toMatch(/^passed +ensure never makes what is not there/m)
  expect(stdout).toMatch(/my-driver: \d\d passed, 0 failed, \d\d not declared\n$/)
})

test('an outside driver is loaded by path, relative to the configuration', async () => {
  expect((await loadDriver('path:./my-driver.js', dir)).name).toBe('my-driver')
  expect((await loadDriver(`path:${join(dir, 'my-driver.js')}`, '/')).name).toBe('my-driver')
})

test('what is no driver is refused with a sentence', async () => {
  await expect(loadDriver('btrsf', dir)).rejects.toThrow(
    `no driver btrsf: it is one of ${driverNames.join(', ')}`,
  )
  await expect(loadDriver('constructor', dir)).rejects.toThrow('no driver constructor')
  await expect(loadDriver('package:no-such-package', dir)).rejects.toThrow("can't be loaded")
  await writeFile(join(dir, 'empty.js'), 'export const driver = { name: "half" }\n')
  await expect(loadDriver('path:empty.js', dir)).rejects.toThrow('must export `driver`')
})

test('every path that the guide names exists', async () => {
  const guide = await readFile(join(root, 'docs/adding-a-driver.md'), 'utf8')
  const paths = [...guide.matchAll(/`((?:src|docs|test)\/[^`\s]+)`/g)].map((match) => match[1]!)
  expect(paths.length).toBeGreaterThan(5)
  for (const path of paths) await expect(readFile(join(root, path)), path).resolves.toBeDefined()
})
