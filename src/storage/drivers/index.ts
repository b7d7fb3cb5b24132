/**
 * The registry of storage drivers: each is imported when a backend first asks for it, so that a process loads only what
 * it serves. A driver from outside needs no line here: configuration names its package or its file.
 */
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { DriverFactory } from '../contract/driver.ts'

const builtIn: Readonly<Record<string, () => Promise<{ readonly driver: DriverFactory }>>> = {
  btrfs: () => import('./btrfs/index.ts'),
  cephfs: () => import('./cephfs/index.ts'),
  directory: () => import('./directory/index.ts'),
  image: () => import('./image/index.ts'),
  sim: () => import('./sim/index.ts'),
}

/** Names that `driver = "…"` understands by themselves. */
export const driverNames: readonly string[] = Object.keys(builtIn)

/**
 * The factory that configuration calls `name`: a built-in name, `package:my-driver` (resolved from this installation)
 * or `path:./my-driver.ts` (relative to `baseDir`, the folder of the configuration file). An outside module exports
 * `driver`. Throws an Error that says what is wrong with the name or the module.
 */
export async function loadDriver(name: string, baseDir: string): Promise<DriverFactory> {
  if (Object.hasOwn(builtIn, name)) return (await builtIn[name]!()).driver
  const outside = /^(package|path):(.+)$/.exec(name)
  if (!outside)
    throw new Error(
      `no driver ${name}: it is one of ${driverNames.join(', ')}, or package:NAME, or path:FILE`,
    )
  const specifier = outside[1] === 'path' ? fileUrl(outside[2]!, baseDir) : outside[2]!
  const loaded: { driver?: unknown } = await import(specifier).catch((error: unknown) => {
    throw new Error(`driver ${name} can't be loaded: ${(error as Error).message}`, { cause: error })
  })
  if (!isFactory(loaded.driver))
    throw new Error(`driver ${name} must export \`driver\` with a name, options and a create function`)
  return loaded.driver
}

function fileUrl(path: string, baseDir: string): string {
  return pathToFileURL(isAbsolute(path) ? path : resolve(baseDir, path)).href
}

function isFactory(value: unknown): value is DriverFactory {
  const candidate = value as Partial<DriverFactory> | null | undefined
  return (
    typeof candidate?.name === 'string' &&
    typeof candidate.options === 'object' &&
    typeof candidate.create === 'function'
  )
}
