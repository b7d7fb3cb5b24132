/** Every pair of colours that meets on a page can be told apart: 4.5:1 where one reads it, 3:1 where a line or a mark means something. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { colors } from '../dashboard/theme.ts'

type Name = keyof (typeof colors)['light']

const grounds: readonly Name[] = ['page', 'surface', 'raised', 'hover']
/** Letters on what they stand on. */
const letters: readonly (readonly [Name, readonly Name[]])[] = [
  ['text', [...grounds, 'accent-soft', 'ok-soft', 'working-soft', 'warning-soft', 'bad-soft']],
  ['muted', [...grounds, 'accent-soft', 'working-soft', 'warning-soft', 'bad-soft', 'ok-soft']],
  ['faint', grounds],
  ['accent', [...grounds, 'accent-soft']],
  ['on-filled', ['accent', 'bad']],
  ['ok', [...grounds, 'ok-soft']],
  ['working', [...grounds, 'working-soft']],
  ['warning', [...grounds, 'warning-soft']],
  ['bad', [...grounds, 'bad-soft']],
  ['off', grounds],
]
/** Borders of what can be filled in, bars and their tracks, marks. */
const lines: readonly (readonly [Name, readonly Name[]])[] = [
  ['line-control', ['page', 'surface', 'raised']],
  ['accent', ['track']],
  ['warning', ['track']],
  ['bad', ['track']],
]

const root = join(import.meta.dirname, '../dashboard')

function luminance(hex: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(hex.slice(at, at + 2), 16) / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(one: string, other: string): number {
  const [bright, dark] = [luminance(one), luminance(other)].sort((a, b) => b - a) as [number, number]
  return (bright + 0.05) / (dark + 0.05)
}

describe.each(['light', 'dark'] as const)('in the %s', (scheme) => {
  const table: Readonly<Record<Name, string>> = colors[scheme]
  const weak = (pairs: typeof letters, least: number): string[] =>
    pairs.flatMap(([front, behind]) =>
      behind
        .filter((name) => contrast(table[front], table[name]) < least)
        .map((name) => `${front} on ${name}: ${contrast(table[front], table[name]).toFixed(2)}`),
    )
  it('letters can be read', () => expect(weak(letters, 4.5)).toEqual([]))
  it('lines that mean something are seen', () => expect(weak(lines, 3)).toEqual([]))
})

it('are the measure that WCAG gives', () => {
  expect(contrast('#000000', '#FFFFFF')).toBeCloseTo(21, 5)
  expect(contrast('#777777', '#FFFFFF')).toBeCloseTo(4.48, 2)
})

it('stand in theme.ts alone, and style sheets name no variable that is not there', () => {
  const styles = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /\.(css|tsx?)$/.test(path),
  )
  const wrong: string[] = []
  for (const path of styles.filter((one) => !/^theme\.ts$|\.test\./.test(one))) {
    const text = readFileSync(join(root, path), 'utf8').replaceAll(/\/\*[\s\S]*?\*\//g, '')
    for (const [found] of text.matchAll(
      /(?<![\w&/])#(?:[0-9a-f]{8}|[0-9a-f]{6}|[0-9a-f]{3,4})\b(?!-)|\b(?:rgba?|hsla?|oklch|oklab)\(/gi,
    ))
      wrong.push(`${path}: ${found} belongs into theme.ts`)
    for (const [, name = ''] of text.matchAll(/var\(--([a-z0-9-]+)/g)) {
      const isOwn = new RegExp(`--${name}['"\`:]`).test(text)
      if (!(name in colors.light) && !/^mantine-|^(rail|row)$/.test(name) && !isOwn)
        wrong.push(`${path}: --${name} is not in theme.ts`)
    }
  }
  expect(wrong).toEqual([])
})
