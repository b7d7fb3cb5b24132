/** What tests of two releases on one database share: the code of the one before beside this one's, and programs of either. */
import { execFileSync } from 'node:child_process'
import { mkdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { hasPostgres } from '../../tools/programs/postgres.ts'
import { until } from '../faults/world.ts'

export const root = join(import.meta.dirname, '../..')

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', root, ...args], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()

/** The last revision without the newest of `migrations` (paths as git takes them); null without the history, as in a shallow clone. */
export function revisionBefore(...migrations: readonly string[]): string | null {
  try {
    const added = git('log', '-1', '--diff-filter=A', '--format=%H', '--', ...migrations)
    return git('rev-parse', '--verify', `${added}^`)
  } catch {
    return null
  }
}

/** What is missing here for a test of `revision`, in parentheses behind its title; nothing where it can run. */
export const lackingFor = (revision: string | null): string =>
  hasPostgres() ? (revision === null ? ' (the history of git)' : '') : ' (postgresql)'

/** Puts the code of `revision` into the folder `code`, which it makes; its libraries are this checkout's. */
export function unpack(revision: string, code: string): void {
  mkdirSync(code)
  const archive = execFileSync('git', ['-C', root, 'archive', revision, 'src', 'package.json'], {
    maxBuffer: 1 << 28,
  })
  execFileSync('tar', ['-x', '-C', code], { input: archive })
  symlinkSync(join(root, 'node_modules'), join(code, 'node_modules'))
}

/** Runs manila-manage of the release in the folder `code`; answers what it printed. */
export const manageOf = (code: string, file: string, ...words: readonly string[]): string =>
  execFileSync(process.execPath, [join(code, 'src/bin/manila-manage.mjs'), '--config', file, ...words], {
    encoding: 'utf8',
  })

/** Returns when the API at `url` serves. */
export const serving = (url: string, withinMs: number): Promise<true> =>
  until('the API to serve', withinMs, () =>
    fetch(`${url}/healthcheck`).then(
      ({ ok }) => ok,
      () => false,
    ),
  )
