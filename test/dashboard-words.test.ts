/** Texts of the dashboard are in its catalogues and nowhere else, and the catalogues hold nothing that nobody reads. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'vite'
import { describe, expect, it } from 'vitest'
import { de } from '../dashboard/words/de/index.ts'
import { en } from '../dashboard/words/en/index.ts'

const root = join(import.meta.dirname, '../dashboard')
const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((path) => /\.tsx?$/.test(path) && !/\.test\.tsx?$|\.d\.ts$/.test(path) && path !== 'vite.config.ts')
  .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }))
const readers = files.filter(({ path }) => !path.startsWith('words/'))

interface Node {
  readonly type: string
  readonly start: number
  readonly [key: string]: unknown
}

function* nodesOf(value: unknown): Generator<Node> {
  if (Array.isArray(value)) for (const one of value) yield* nodesOf(one)
  else if (typeof value === 'object' && value !== null) {
    if (typeof (value as Node).type === 'string') yield value as Node
    for (const one of Object.values(value)) yield* nodesOf(one)
  }
}

/** Attributes that somebody reads or hears. */
const told =
  /^(label|title|placeholder|description|alt|aria-label|aria-description|aria-roledescription|error|what|verb|back|submit)$/
/** What is the same in every language: names of things, and marks. */
const nameless =
  /^(?:[\s\d·…→/.,:;()+×#%–—-]|Manila|NFS|CIFS|CEPHFS|Ctrl K|GiB|Linux|macOS|Windows|fstab|systemd|Kubernetes)*$/

function textsIn({ path, text }: { path: string; text: string }): string[] {
  const { program } = parseSync(path, text)
  return [...nodesOf(program)].flatMap((node) => {
    const line = `${path}:${text.slice(0, node.start).split('\n').length}`
    if (node.type === 'JSXText') {
      const said = String(node.value).trim()
      return nameless.test(said) ? [] : [`${line}: ${said}`]
    }
    if (node.type === 'JSXAttribute') {
      const name = (node.name as Node).name as string
      const value = node.value as Node | null
      const given = value?.type === 'JSXExpressionContainer' ? (value.expression as Node) : value
      if (given?.type !== 'Literal' || typeof given.value !== 'string' || !told.test(name)) return []
      return nameless.test(given.value) ? [] : [`${line}: ${name}="${given.value}"`]
    }
    return []
  })
}

describe('texts', () => {
  it('are in words/, not in pages', () => {
    expect(readers.flatMap(textsIn)).toEqual([])
  })

  it('of another language are its own', () => {
    // Names and short words may be the same; a sentence never is. What a client prints is in its own language.
    const printed = /^mount\.mistakes\.\w+\.\d\.0$/
    const same = flat(en).filter(
      ([key, text]) => / .* /.test(text) && !printed.test(key) && new Map(flat(de)).get(key) === text,
    )
    expect(same.map(([key]) => key)).toEqual([])
  })

  it('are read by somebody', () => {
    const unread = nouns.flatMap(([noun, words]) => {
      const read = readOf(noun)
      return Object.keys(words)
        .filter((key) => !read(key))
        .map((key) => `words/en/${noun}.ts: ${key}`)
    })
    expect(unread).toEqual([])
  })
})

const nouns: readonly (readonly [string, object])[] = Object.entries(en)

function flat(words: object, before = ''): (readonly [string, string])[] {
  return Object.entries(words).flatMap(([key, value]: [string, unknown]) => {
    if (typeof value === 'string') return [[`${before}${key}`, value] as const]
    // A list holds what programs say, too.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? flat(value, `${before}${key}.`)
      : []
  })
}

/** Whether a key of a noun is read: by the noun's name, or by the one that a file gives it; or by a key in brackets that is written out. */
function readOf(noun: string): (key: string) => boolean {
  const near = readers.filter(({ text }) => new RegExp(`\\b${noun}\\b`).test(text))
  const everywhere = near.map(({ text }) => text).join('\n')
  const isIndexed = near.some(({ text }) => namesOf(noun, text).some((name) => text.includes(`${name}[`)))
  return (key) =>
    near.some(({ text }) =>
      namesOf(noun, text).some((name) => new RegExp(`\\b${name}\\.${key}\\b`).test(text)),
    ) ||
    // Taken out of it by name: `const { sentence } = words.noun`.
    new RegExp(`\\{[^{}]*\\b${key}\\b[^{}]*\\} = (?:(?:useWords\\(\\)|words)\\.)?${noun}\\b`).test(
      everywhere,
    ) ||
    (isIndexed &&
      files.some(
        ({ path, text }) => !path.startsWith('words/') && new RegExp(`['"\`]${key}['"\`]`).test(text),
      ))
}

function namesOf(noun: string, text: string): string[] {
  const others = [...text.matchAll(new RegExp(`\\b${noun}: (\\w+)`, 'g'))].map((match) => match[1] as string)
  return [
    noun,
    ...others,
    ...[...text.matchAll(new RegExp(`(\\w+): Words\\['${noun}'\\]`, 'g'))].map((match) => match[1] as string),
    ...[...text.matchAll(new RegExp(`const (\\w+) = (?:useWords\\(\\)|words)\\.${noun}\\b`, 'g'))].map(
      (match) => match[1] as string,
    ),
  ]
}
