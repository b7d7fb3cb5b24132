/**
 * Puts a build in the place of the one before while it is being served. Assets have their content in their names, so they go there first
 * and hurt nobody; the page that names them comes last, at once. Assets that it names no more stay for a day: whoever has the old page
 * open still loads what it has not yet loaded.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Milliseconds that assets outlive their release. */
const keptMs = 86_400_000

/** Kept beside the files; the API serves no name that begins so. */
const recordName = '.build.json'

interface Record_ {
  /** {@link fingerprint} of the sources. */
  readonly sources: string
  /** When each asset that is in no page any more was replaced. */
  readonly replaced: Readonly<Record<string, string>>
}

/**
 * Moves what is in `made` to `dir`; `made` is used up. Answers how many older assets stay. Twice at once, of the same sources, is as good as
 * once: the names are the same.
 */
export function publish(
  made: string,
  dir: string,
  { sources, now }: { readonly sources: string; readonly now: number },
): number {
  const assets = join(dir, 'assets')
  mkdirSync(assets, { recursive: true })
  const fresh = existsSync(join(made, 'assets')) ? readdirSync(join(made, 'assets')) : []
  for (const name of fresh) renameSync(join(made, 'assets', name), join(assets, name))
  const before = readRecord(dir)?.replaced ?? {}
  const current = new Set(fresh)
  const replaced: Record<string, string> = {}
  for (const name of readdirSync(assets)) {
    if (current.has(name)) continue
    const since = Date.parse(before[name] ?? '')
    if (now - since >= keptMs) rmSync(join(assets, name), { force: true, recursive: true })
    else replaced[name] = Number.isNaN(since) ? new Date(now).toISOString() : (before[name] ?? '')
  }
  const others = readdirSync(made).filter((name) => name !== 'assets' && name !== 'index.html')
  for (const name of others) renameSync(join(made, name), join(dir, name))
  // What a page needs is there before the page.
  renameSync(join(made, 'index.html'), join(dir, 'index.html'))
  const stay = new Set(['assets', 'index.html', recordName, ...others])
  for (const name of readdirSync(dir)) {
    if (!stay.has(name)) rmSync(join(dir, name), { recursive: true, force: true })
  }
  writeRecord(dir, { sources, replaced })
  return Object.keys(replaced).length
}

/** The fingerprint of the sources of what is published there; null when it is not known. */
export const builtFrom = (dir: string): string | null => readRecord(dir)?.sources ?? null

/** Names below `assets` that are there for whoever has an older page open, and are no part of what is published. */
export const leftovers = (dir: string): readonly string[] => Object.keys(readRecord(dir)?.replaced ?? {})

function readRecord(dir: string): Record_ | null {
  try {
    return JSON.parse(readFileSync(join(dir, recordName), 'utf8')) as Record_
  } catch {
    // None yet, or half of one: everything that is there counts as replaced now.
    return null
  }
}

function writeRecord(dir: string, record: Record_): void {
  const beside = join(dir, `${recordName}.${process.pid}`)
  writeFileSync(beside, `${JSON.stringify(record, null, 2)}\n`)
  renameSync(beside, join(dir, recordName))
}
