/**
 * The first lines of every program of the package. Plain JavaScript that old Nodes can read: checks the version, keeps what V8 compiles
 * for the next start, then starts the program. CommonJS, because Node needs 5 ms less for it where no module is loaded after it.
 */
const { lstatSync, mkdirSync, readFileSync } = require('node:fs')
const { enableCompileCache } = require('node:module')
const { join } = require('node:path')
const { pathToFileURL } = require('node:url')

const wanted = 24

/** Runs the program of that name in `lib`, on Node 24 or newer; says what to do and ends with 78 on an older one. */
exports.startOnNode = function startOnNode(name) {
  const { node } = process.versions
  if (Number(node.split('.')[0]) < wanted) {
    process.stderr.write(
      `manila needs Node ${wanted} or newer and this is ${node}: put a newer node first on PATH.\n`,
    )
    process.exit(78)
  }
  // Asked by scripts before anything else; the program takes longer to load than to answer this.
  if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2])) {
    const manifest = readFileSync(join(__dirname, '../package.json'), 'utf8')
    // Whoever closes the pipe before has heard enough.
    process.stdout.on('error', () => {})
    process.stdout.write(`${JSON.parse(manifest).version}\n`)
    return
  }
  const dir = cacheDir(process.env)
  if (dir !== null) enableCompileCache(dir)
  void import(pathToFileURL(join(__dirname, '../lib', `${name}.mjs`)).href)
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
