/** Walks an adding page: makes its files and its changes in a copy of the tree, in order, and runs what it says is run. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { changed, stepsOf, type Step } from './page.ts'
import { copyOfTree, type Tree } from './tree.ts'

const root = join(import.meta.dirname, '../..')

export interface Options {
  /** Index of a step that is left out. */
  readonly without?: number
  /**
   * Checks the whole tree's types and lint, as `npm run check` does. Otherwise only the types and the format of what the page makes and
   * changes are looked at, and of what that imports.
   */
  readonly whole?: boolean
}

export const pageText = (page: string): string => readFileSync(join(root, 'docs', page), 'utf8')

/** Indices of the steps that make or change a file. */
export const deeds = (page: string): readonly number[] =>
  stepsOf(pageText(page)).flatMap(({ kind }, index) => (kind === 'run' ? [] : [index]))

/** Rejects with an Error that names the page's line when one of its steps can't be done or what is run there fails. */
export async function walk(page: string, { without, whole = false }: Options = {}): Promise<void> {
  const steps = stepsOf(pageText(page))
  const tree = copyOfTree()
  // With the one that is left out: whoever forgets it changes nothing about what the check reads.
  const paths = steps.flatMap((step) => (step.kind === 'run' ? [] : [step.path]))
  try {
    for (const [index, step] of steps.entries()) {
      if (index === without) continue
      await done(tree, step, paths, whole).catch((error: unknown) => {
        throw new Error(`docs/${page}:${step.line}: ${(error as Error).message}`, { cause: error })
      })
    }
  } finally {
    tree.remove()
  }
}

async function done(tree: Tree, step: Step, paths: readonly string[], whole: boolean): Promise<void> {
  if (step.kind === 'run') {
    for (const command of step.commands)
      await tree.run(whole ? command : narrow(tree, command, paths), 240_000)
    return
  }
  const file = join(tree.dir, step.path)
  if (step.kind === 'change') return writeFileSync(file, changed(readFileSync(file, 'utf8'), step.hunks))
  mkdirSync(dirname(file), { recursive: true })
  // A page makes what is new: if it is there, its example has become true and wants another.
  writeFileSync(file, step.text, { flag: 'wx' })
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
  const projects = [
    ['tsconfig.walk.json', './tsconfig.json', all.filter((path) => !inBrowser(path))],
    ['dashboard/tsconfig.walk.json', './tsconfig.json', all.filter(inBrowser)],
  ] as const
  return projects
    .filter(([, , files]) => files.length > 0)
    .map(([project, base, files]) => {
      const there = files.map((path) =>
        project.startsWith('dashboard/') ? path.slice('dashboard/'.length) : path,
      )
      const config = { extends: base, include: [], files: there }
      writeFileSync(join(tree.dir, project), JSON.stringify(config))
      // One checker: several would each work out what the others did.
      return `tsc --noEmit --checkers 1 -p ${project}`
    })
    .join(' && ')
}
