/**
 * The registry of exporters: each is imported when a backend first asks for it, so that a process loads only what it
 * serves. An exporter from outside needs no line here: configuration names its package or its file.
 */
import { isAbsolute, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { ExporterFactory } from '../contract/driver.ts'

const builtIn: Readonly<Record<string, () => Promise<{ readonly exporter: ExporterFactory }>>> = {
  ganesha: () => import('./ganesha/index.ts'),
  sim: () => import('./sim.ts'),
}

/** Names that `exporter = "…"` understands by themselves. */
export const exporterNames: readonly string[] = Object.keys(builtIn)

/**
 * The factory that configuration calls `name`: a built-in name, `package:my-exporter` (resolved from this installation)
 * or `path:./my-exporter.ts` (relative to `baseDir`, the folder of the configuration file). An outside module exports
 * `exporter`. Throws an Error that says what is wrong with the name or the module.
 */
export async function loadExporter(name: string, baseDir: string): Promise<ExporterFactory> {
  const known = Object.hasOwn(builtIn, name) ? builtIn[name] : undefined
  if (known !== undefined) return (await known()).exporter
  const [, kind, what] = /^(package|path):(.+)$/.exec(name) ?? []
  if (kind === undefined || what === undefined) {
    throw new Error(
      `no exporter ${name}: it is one of ${exporterNames.join(', ')}, or package:NAME, or path:FILE`,
    )
  }
  const specifier = kind === 'path' ? fileUrl(what, baseDir) : what
  const loaded: { exporter?: unknown } = await import(specifier).catch((error: unknown) => {
    throw new Error(`exporter ${name} can't be loaded: ${(error as Error).message}`, { cause: error })
  })
  if (isFactory(loaded.exporter)) return loaded.exporter
  throw new Error(`exporter ${name} must export \`exporter\` with a name, options and a create function`)
}

function fileUrl(path: string, baseDir: string): string {
  return pathToFileURL(isAbsolute(path) ? path : resolve(baseDir, path)).href
}

function isFactory(value: unknown): value is ExporterFactory {
  const candidate = value as Partial<ExporterFactory> | null | undefined
  return (
    typeof candidate?.name === 'string' &&
    typeof candidate.options === 'object' &&
    typeof candidate.create === 'function'
  )
}
