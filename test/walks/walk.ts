/** Walks an adding page: makes its files and its changes in a copy of the tree, in order, and runs what it says is run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { changed, stepsOf, type Step } from './page.ts'
import { copyOfTree, type Tree } from './tree.ts'

export interface Options {
  /** Index of a step that is left out. */
  readonly without?: number
  /**
   * Checks the whole tree's format, lint and types, as `npm run check` does. Otherwise only the format and the types of what the page makes
   * and changes are looked at, and the types of what that imports.
   */
  readonly whole?: boolean
}

/** Milliseconds for one command, on the busiest machine. */
const limitMs = 240_000

/** Rejects with an Error that names the page's line when one of its steps can't be done or what is run there fails. */
export async function walk(markdown: string, { without, whole = false }: Options = {}): Promise<void> {
  const steps = stepsOf(markdown)
  const tree = copyOfTree()
  // With the one that is left out: whoever forgets it changes nothing about what is looked at.
  const paths = steps.flatMap((step) => (step.kind === 'run' ? [] : [step.path]))
  try {
    for (const [index, step] of steps.entries()) {
      if (index === without) continue
      await done(tree, step, paths, whole).catch((error: unknown) => {
        throw new Error(`line ${step.line}: ${(error as Error).message}`, { cause: error })
      })
    }
  } finally {
    tree.remove()
  }
}

async function done(tree: Tree, step: Step, paths: readonly string[], whole: boolean): Promise<void> {
  if (step.kind === 'run') {
    for (const command of step.commands) {
      refuseMissing(tree, command)
      await tree.run(whole ? command : narrow(tree, command, paths), limitMs)
    }
    return
  }
  const file = join(tree.dir, step.path)
  if (step.kind === 'change') return writeFileSync(file, changed(readFileSync(file, 'utf8'), step.hunks))
  mkdirSync(dirname(file), { recursive: true })
  // A page makes what is new: if it is there, its example has become true and wants another.
  writeFileSync(file, step.text, { flag: 'wx' })
}

/** Vitest runs the others where one of several tests is not there. */
function refuseMissing(tree: Tree, command: string): void {
  if (!command.includes('vitest run')) return
  const named = command.split(' ').filter((word) => /^(?:src|test|tools|dashboard)\/\S+$/.test(word))
  const missing = named.filter((path) => !existsSync(join(tree.dir, path)))
  if (missing.length > 0) throw new Error(`there is no ${missing.join(', no ')} to run`)
}

/** Checks of the whole tree cost a minute each; those of the page's files find what a page can forget. */
function narrow(tree: Tree, command: string, paths: readonly string[]): string {
  // A file that was forgotten is missed by what needs it, not by a list of files.
  const files = [...new Set(paths)].filter((path) => /\.tsx?$/.test(path) && existsSync(join(tree.dir, path)))
  if (command === 'npm run types') return typesOf(tree, files)
  if (command === 'npm run check') return `oxfmt --check ${files.join(' ')} && ${typesOf(tree, files)}`
  return command
}

function typesOf(tree: Tree, all: readonly string[]): string {
  const inBrowser = (path: string): boolean => path.startsWith('dashboard/')
  // What tests share of the dashboard is in no project of its own: the test that reads it is.
  const projects = [
    ['tsconfig.walk.json', all.filter((path) => !/^(?:test\/)?dashboard\//.test(path))],
    ['dashboard/tsconfig.walk.json', all.filter(inBrowser).map((path) => path.slice('dashboard/'.length))],
  ] as const
  return projects
    .filter(([, files]) => files.length > 0)
    .map(([project, files]) => {
      const config = { extends: './tsconfig.json', include: [], files }
      writeFileSync(join(tree.dir, project), JSON.stringify(config))
      // One checker: several would each work out what the others did.
      return `tsc --noEmit --checkers 1 -p ${project}`
    })
    .join(' && ')
}
