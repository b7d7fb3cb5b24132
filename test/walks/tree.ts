/** A copy of the tree in which a page can be walked: its sources are files of its own, its libraries are those of the tree. */
import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const root = join(import.meta.dirname, '../..')
/** What is not the tree: made by running it. */
const made = ['.git', '.vitest', 'build', 'coverage', 'dist', 'node_modules', 'var', 'var-cluster']

export interface Tree {
  readonly dir: string
  /** Runs a line of a shell in it. Rejects with what was printed when it ends with anything but 0, or after `limitMs`. */
  run(line: string, limitMs: number): Promise<string>
  remove(): void
}

export function copyOfTree(): Tree {
  const dir = mkdtempSync(join(tmpdir(), 'manila-walk-'))
  for (const name of readdirSync(root))
    if (!made.includes(name)) cpSync(join(root, name), join(dir, name), { recursive: true })
  // Each library is a link, the folder is not: what tools keep there (`.vite`, `.cache`) is the copy's own.
  const libraries = join(root, 'node_modules')
  mkdirSync(join(dir, 'node_modules'))
  for (const name of readdirSync(libraries))
    if (name === '.bin' || !name.startsWith('.'))
      symlinkSync(join(libraries, name), join(dir, 'node_modules', name))
  return {
    dir,
    run: (line, limitMs) =>
      new Promise((resolve, reject) => {
        const options = { cwd: dir, env: environment(), timeout: limitMs, maxBuffer: 16 * 1024 * 1024 }
        execFile('sh', ['-c', line], options, (error, stdout, stderr) => {
          const printed = `${stdout}${stderr}`
          if (error === null) resolve(printed)
          else reject(new Error(`${line}\n${printed.slice(-4000)}`))
        })
      }),
    remove: () => rmSync(dir, { recursive: true, force: true }),
  }
}

/** That of whoever walks by hand: no test around, and what is stored lies in SQLite. What a run of system tests makes once is made. */
function environment(): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(?:VITEST|NODE_ENV|MANILA_(?!TEST_SERVICE))/.test(name),
  )
  return {
    ...Object.fromEntries(own),
    PATH: `${join(root, 'node_modules/.bin')}:${process.env.PATH ?? ''}`,
    // Several would each load what the others have.
    VITEST_MAX_WORKERS: '1',
  }
}
