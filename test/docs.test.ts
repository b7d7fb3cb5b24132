/** A command that a document shows exists, with the options that it shows. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { allCommands, firstWords } from '../src/cli/commands/index.ts'
import { globalOptions } from '../src/cli/globals.ts'
import { fromOpenstack } from '../src/cli/openstack-words.ts'
import { optionsOf } from '../src/cli/program.ts'
import { verbs } from '../src/manage/verbs.ts'
import { usage as chaosUsage } from './chaos/options.ts'

const root = join(import.meta.dirname, '..')
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Readonly<Record<string, string>>
}

const pages = [
  'README.md',
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).map((path) => `docs/${path}`),
  ...readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' }).map((path) => `src/${path}`),
].filter((path) => path.endsWith('.md') && !path.startsWith('docs/decisions'))

/** Every line of a shell block and every `word in backticks`. */
function codeIn(page: string): string[] {
  const text = readFileSync(join(root, page), 'utf8')
  // Every other part is inside a block.
  const sections = text.split(/^ *```.*$/m)
  const blocks = sections
    .filter((_, index) => index % 2 === 1)
    .flatMap((block) => block.replaceAll('\\\n', ' ').split('\n'))
  const inline = sections
    .filter((_, index) => index % 2 === 0)
    .flatMap((prose) => [...prose.matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? ''))
  return [...blocks, ...inline].map((line) => line.trim().replace(/^[$#] /, ''))
}

/** The words of a line up to whatever is no part of the command. */
function words(line: string): string[] {
  const tokens = line.match(/'[^']*'|"[^"]*"|[^\s'"]+/g) ?? []
  const end = tokens.findIndex((token) => /^(#|\||>|<\(|;|&&|…|\.\.\.)/.test(token))
  return (end < 0 ? tokens : tokens.slice(0, end)).map((token) => token.replace(/[);,]+$/, ''))
}

/** Lines that begin with the program, with what comes after it. */
const linesOf = (page: string, program: RegExp): string[][] =>
  codeIn(page)
    .filter((line) => program.test(line))
    .map((line) => words(line.replace(program, '')))

const optionNames = (argv: readonly string[]): string[] =>
  argv.filter((word) => /^--[a-z]/.test(word)).map((word) => word.slice(2).split('=')[0] ?? '')

/** The longest of `names` that the words begin with, options left out. */
function longest<T>(argv: readonly string[], all: readonly (readonly [string, T])[]): T | undefined {
  const plain = ` ${argv.join(' ')} `
  const fitting = all.filter(([name]) => plain.startsWith(` ${name} `) || plain.includes(` ${name} `))
  return fitting.toSorted(([a], [b]) => b.length - a.length)[0]?.[1]
}

const commands = await allCommands()
const nouns = firstWords

function problemOfManila(typed: readonly string[]): string | null {
  const argv = fromOpenstack(typed, nouns)
  const all = commands.flatMap((command) =>
    [command.words, ...(command.also ?? [])].map((name) => [name, command] as const),
  )
  const command = longest(argv, all)
  const plain = argv.filter((word) => !word.startsWith('-'))
  if (command === undefined)
    return plain.length < 2 || /^[A-Z<]/.test(plain[0] ?? '') ? null : 'no such command'
  const known = { ...globalOptions, ...optionsOf(command), help: 0, version: 0 }
  return optionNames(argv).find((name) => !(name in known)) ?? null
}

function problemOfManage(argv: readonly string[]): string | null {
  const verb = longest(
    argv,
    verbs.map((one) => [one.name, one] as const),
  )
  if (verb === undefined) return argv.some((word) => /^[a-z]/.test(word)) ? 'no such verb' : null
  const known = ['config', 'format', 'help', ...(verb.options ?? []).map(({ name }) => name)]
  return optionNames(argv).find((name) => !known.includes(name as never)) ?? null
}

const told = (page: string, program: RegExp, problem: (argv: readonly string[]) => string | null): string[] =>
  linesOf(page, program).flatMap((argv) => {
    const why = problem(argv)
    return why === null ? [] : [`${page}: ${argv.join(' ')}: ${why}`]
  })

describe('what documents tell people to run', () => {
  test('npm scripts', () => {
    const problem = ([script = '', ...rest]: readonly string[]): string | null => {
      if (!(script in scripts)) return 'no such script'
      if (script !== 'chaos') return null
      return optionNames(rest).find((name) => !chaosUsage.includes(`--${name} `)) ?? null
    }
    expect(pages.flatMap((page) => told(page, /^npm run /, problem))).toEqual([])
  })

  test('manila', () => {
    const program = /^(?:source <\()?(?:npm run )?manila (?:-- )?(?!serves|runs)/
    const lines = pages.flatMap((page) => linesOf(page, program))
    expect(lines.length).toBeGreaterThan(30)
    expect(pages.flatMap((page) => told(page, program, problemOfManila))).toEqual([])
  })

  test('manila-manage', () => {
    const program = /^(?:node )?(?:\S*\/)?manila-manage(?:\.mjs)? /
    const lines = pages.flatMap((page) => linesOf(page, program))
    expect(lines.length).toBeGreaterThan(15)
    expect(pages.flatMap((page) => told(page, program, problemOfManage))).toEqual([])
  })

  test('files of the project', () => {
    const named = pages.flatMap((page) =>
      codeIn(page)
        .filter((word) => /^(?:src|test|deploy|docs)\/[\w./-]+$/.test(word))
        .filter((word) => !existsSync(join(root, word)))
        .map((word) => `${page}: ${word}`),
    )
    expect(named).toEqual([])
  })

  test('and these checks find what is wrong', () => {
    expect(problemOfManila(['share', 'frobnicate', 'x'])).toBe('no such command')
    expect(problemOfManila(['share', 'list', '--colour'])).toBe('colour')
    expect(problemOfManila(['--os-cloud', 'x', 'share', 'list'])).toBeNull()
    expect(problemOfManage(['db', 'explode'])).toBe('no such verb')
    expect(problemOfManage(['db', 'sync', '--now'])).toBe('now')
  })
})

test('every page of the guide stands in its index', () => {
  const index = readFileSync(join(root, 'docs/guide/README.md'), 'utf8')
  const named = [...index.matchAll(/\]\(([a-z-]+\.md)\)/g)].map(([, name]) => name)
  const there = readdirSync(join(root, 'docs/guide')).filter((name) => name !== 'README.md')
  expect(new Set(named)).toEqual(new Set(there))
  expect(named).toHaveLength(there.length)
})

test('every folder of the service and its tools has its line in the layout', () => {
  const layout = readFileSync(join(root, 'docs/README.md'), 'utf8')
  const folders = ['src', 'tools'].flatMap((top) =>
    readdirSync(join(root, top), { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => `${top}/${name}/`),
  )
  expect(folders.filter((folder) => !layout.includes(`\`${folder}\``))).toEqual([])
})
