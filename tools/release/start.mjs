/**
 * The first lines of every program of the package. Plain JavaScript that old Nodes can read: checks the version, keeps what V8 compiles
 * for the next start, then starts the program.
 */
import { lstatSync, mkdirSync } from 'node:fs'
import module from 'node:module'
import { join } from 'node:path'

const wanted = 24

/** Imports `program` (a URL) on Node 24 or newer; says what to do and ends with 78 on an older one. */
export async function startOnNode(program) {
  const { node } = process.versions
  if (Number(node.split('.')[0]) < wanted) {
    process.stderr.write(
      `manila needs Node ${wanted} or newer and this is ${node}: put a newer node first on PATH.\n`,
    )
    process.exit(78)
  }
  const dir = cacheDir(process.env)
  if (dir !== null) module.enableCompileCache(dir)
  await import(program)
}

/**
 * Where compiled code is kept: what systemd gives a service for it, or below the home of the user; null = nowhere. It is run as it is found
 * there, so a folder that anybody else may write to, /tmp above all, is never taken.
 */
function cacheDir({ CACHE_DIRECTORY, XDG_CACHE_HOME, HOME }) {
  const base = [CACHE_DIRECTORY, XDG_CACHE_HOME, HOME].find((one) => one?.startsWith('/'))
  if (base === undefined) return null
  const between = base === CACHE_DIRECTORY ? [] : base === XDG_CACHE_HOME ? ['manila'] : ['.cache', 'manila']
  const dir = join(base, ...between, 'compiled')
  try {
    if (!isOwn(base)) return null
    mkdirSync(dir, { recursive: true, mode: 0o700 })
    const below = [...between, 'compiled'].map((_, at, all) => join(base, ...all.slice(0, at + 1)))
    return below.every(isOwn) ? dir : null
  } catch {
    return null
  }
}

function isOwn(path) {
  const { uid, mode } = lstatSync(path)
  return uid === process.geteuid() && (mode & 0o022) === 0 && (mode & 0o170000) === 0o040000
}
