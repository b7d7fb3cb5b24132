import { describe, expect, test } from 'vitest'
import { changed, stepsOf } from './page.ts'

const page = `# Adding a thing

1. Make it.

   \`\`\`ts
   // src/things/one.ts
   export const one = {
     a: 1,
   }
   \`\`\`

2. List it.

   \`\`\`diff
   --- src/things/index.ts
    import { zero } from './zero.ts'
   +import { one } from './one.ts'
   @@ export const all
   -  zero,
   +  zero, one,
   \`\`\`

\`\`\`ts
// Only to be read.
\`\`\`

\`\`\`sh
npm run types
npx vitest run --project unit src/things
\`\`\`
`

test('a page is its files, its changes and what is run, in order', () => {
  expect(stepsOf(page)).toEqual([
    { kind: 'file', line: 5, path: 'src/things/one.ts', text: 'export const one = {\n  a: 1,\n}\n' },
    {
      kind: 'change',
      line: 14,
      path: 'src/things/index.ts',
      hunks: [
        {
          below: null,
          before: ["import { zero } from './zero.ts'"],
          after: ["import { zero } from './zero.ts'", "import { one } from './one.ts'"],
        },
        { below: 'export const all', before: ['  zero,'], after: ['  zero, one,'] },
      ],
    },
    { kind: 'run', line: 27, commands: ['npm run types', 'npx vitest run --project unit src/things'] },
  ])
})

test('a diff that does not say of which file, and a block without end, are refused', () => {
  expect(() => stepsOf('```diff\n+a\n```')).toThrow('line 1: a diff begins with')
  expect(() => stepsOf('x\n```sh\nls\n')).toThrow('the block that begins in line 2 does not end')
})

describe('a change', () => {
  const file = 'a {\n  x\n}\nb {\n  x\n}\n'
  const hunk = (below: string | null) => [{ below, before: ['  x'], after: ['  x', '  y'] }]

  test('is made where it says', () => {
    expect(changed(file, hunk('b {'))).toBe('a {\n  x\n}\nb {\n  x\n  y\n}\n')
    expect(changed(file, hunk('a {'))).toBe('a {\n  x\n  y\n}\nb {\n  x\n}\n')
  })

  test('is not made where that is not there, or is not clear', () => {
    expect(() => changed(file, hunk('c {'))).toThrow('no line says c {')
    expect(() => changed(file, hunk(null))).toThrow('there 2 times')
    expect(() => changed(file, [{ below: null, before: ['z'], after: [] }])).toThrow('not there')
  })
})
