/**
 * Every program's first lines. Plain JavaScript, because an older Node can't even read the TypeScript that would tell it so:
 * checks the version, then starts the program next to the caller.
 */
import { readFileSync } from 'node:fs'

const wanted = 24

/** Imports `module` (a URL) on Node 24 or newer; says what to do and ends with 78 on an older one. */
export async function startOnNode(module) {
  const { node } = process.versions
  if (Number(node.split('.')[0]) < wanted) {
    process.stderr.write(
      `manila needs Node ${wanted} or newer and this is ${node}. "npm ci" brings Node ${wanted} along on Linux x64 and "npm run …" uses it; elsewhere put a newer node first on PATH.\n`,
    )
    process.exit(78)
  }
  // Asked by scripts before anything else; the program takes longer to load than to answer this.
  if (process.argv.length === 3 && ['--version', '-V'].includes(process.argv[2])) {
    const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
    // Whoever closes the pipe before has heard enough.
    process.stdout.on('error', () => {})
    process.stdout.write(`${JSON.parse(manifest).version}\n`)
    return
  }
  await import(module)
}
