/**
 * The house rules a machine can check. Each failure names the rule and the remedy.
 */
import { existsSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseAst } from 'rolldown/parseAst'
import { describe, expect, it } from 'vitest'
import { circlesOf } from '../tools/layers/circles.ts'
import { layerGraph, moduleGraph, told } from '../tools/layers/drawing.ts'
import {
  filesBelow,
  importsOf,
  isForTests,
  layerOf,
  modulesOf,
  root,
  textOf as text,
  withoutComments,
} from '../tools/layers/modules.ts'

const sources = [...filesBelow('src'), ...filesBelow('tools')].filter((path) => path.endsWith('.ts'))
/** What runs in the service or in a tool, and not only under a test. */
const production = sources.filter((path) => !isForTests(path))
/** Source without comments, for rules about code. */
const code = (path: string): string => withoutComments(text(path))
/** What a file imports of this repository, and of others. */
const targetsOf = (path: string): string[] => importsOf(path).flatMap(({ target }) => target ?? [])
const librariesOf = (path: string): string[] =>
  importsOf(path).flatMap(({ target, specifier }) => (target === null ? specifier : []))

/** Names that a file gives: of variables, parameters, functions and fields. */
function declaredIn(node: unknown, names = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(node)) for (const one of node) declaredIn(one, names)
  if (typeof node !== 'object' || node === null || Array.isArray(node)) return names
  const { type, id, key, params } = node as Readonly<Record<string, unknown>>
  if (type === 'VariableDeclarator' || type === 'FunctionDeclaration') bind(id, names)
  if (Array.isArray(params)) for (const one of params) bind(one, names)
  if (type === 'TSPropertySignature' || type === 'PropertyDefinition') bind(key, names)
  for (const one of Object.values(node)) declaredIn(one, names)
  return names
}

/** Names in a pattern: `{ a, b: [c], ...d } = e` gives a, c and d. */
function bind(pattern: unknown, names: Set<string>): void {
  if (typeof pattern !== 'object' || pattern === null) return
  const { type, name, properties, elements, value, left, argument, parameter } = pattern as Readonly<
    Record<string, unknown>
  >
  if ((type === 'Identifier' || type === 'PrivateIdentifier') && typeof name === 'string') names.add(name)
  for (const one of [properties, elements].flat()) bind(one, names)
  for (const one of [value, left, argument, parameter]) bind(one, names)
}

const storage = ['contract', 'host', 'sim', 'drivers', 'exporters'].map((folder) => `storage/${folder}`)

/**
 * Who may import whom; a layer may always import itself, and `tracing`, which knows nobody. `config` and `runtime` are open to every
 * server folder.
 */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  model: [],
  wire: ['model'],
  sdk: ['wire', 'model'],
  cli: ['sdk', 'wire', 'model', 'runtime'],
  bus: ['model', 'config'],
  db: ['model', 'runtime'],
  lifecycle: ['db', 'model'],
  engine: ['bus', 'db', 'model', 'runtime'],
  policy: ['model', 'runtime'],
  auth: ['db', 'policy', 'model', 'config', 'runtime', 'clients', 'exec'],
  audit: ['db', 'model', 'runtime'],
  app: ['lifecycle', 'policy', 'engine', 'bus', 'db', 'model', 'config', 'runtime'],
  api: ['app', 'audit', 'auth', 'wire', 'policy', 'engine', 'bus', 'db', 'model', 'config', 'runtime'],
  scheduler: ['lifecycle', 'engine', 'bus', 'db', 'model', 'config', 'runtime'],
  notifications: ['engine', 'bus', 'db', 'model', 'config', 'runtime'],
  data: ['lifecycle', 'engine', 'bus', 'db', 'model', 'config', 'runtime'],
  exec: ['model'],
  'storage/contract': ['exec', 'model'],
  'storage/host': ['storage/contract', 'exec', 'model'],
  // The world that the pretended driver and the pretended exporter share, so that neither knows the other.
  'storage/sim': ['storage/contract', 'exec', 'model'],
  'storage/drivers': ['storage/contract', 'storage/host', 'storage/sim', 'exec', 'model'],
  'storage/exporters': ['storage/contract', 'storage/host', 'storage/sim', 'exec', 'model'],
  'share-manager': ['lifecycle', 'engine', ...storage, 'exec', 'bus', 'db', 'model', 'config', 'runtime'],
  config: ['model', 'wire'],
  runtime: ['model'],
  tracing: [],
  clients: ['model', 'exec', 'runtime'],
  manage: ['audit', 'data', 'bus', 'config', 'db', 'model', 'wire', 'runtime', 'auth', 'policy'],
}
const wiring = ['main', 'roles', 'bin']

describe('layers', () => {
  it('import one way', () => {
    const wrong: string[] = []
    for (const path of production) {
      const layer = layerOf(path)
      // What stands beside the service may look into all of it.
      if (wiring.includes(layer) || layer.startsWith('tools/')) continue
      const allowed = mayImport[layer]
      if (allowed === undefined) {
        wrong.push(
          `${path}: the folder src/${layer} is not in the table of layers: add it to test/tidy.test.ts`,
        )
        continue
      }
      for (const target of targetsOf(path).map(layerOf)) {
        if (target === layer || target === 'tracing' || allowed.includes(target)) continue
        wrong.push(`${path} imports ${target}: ${layer} may import only ${allowed.join(', ') || 'nothing'}`)
      }
    }
    expect(wrong).toEqual([])
  })

  it('import in no circle', () => {
    const modules = modulesOf('src', 'tools', 'dashboard')
    const circles = [...circlesOf(moduleGraph(modules)), ...circlesOf(layerGraph(modules))]
    expect(
      circles.map((circle) => `${told(circle)}: what both need goes into a third that knows neither`),
    ).toEqual([])
  })

  it('know nothing of tests, and the service nothing of its tools', () => {
    const wrong = modulesOf('src', 'tools', 'dashboard').flatMap(({ path, imports }) =>
      imports.flatMap(({ target }) => {
        const isTool = path.startsWith('tools/')
        if (target === null) return []
        // The kit that every driver runs: the quick start shows with its NFS client that bytes come back.
        if (isTool && target.startsWith('src/storage/contract/conformance/nfs4/')) return []
        if (isForTests(target) || target.startsWith('test/'))
          return [`${path} imports ${target}: only tests and their fixtures (*.fixture.ts) may`]
        if (!isTool && target.startsWith('tools/'))
          return [`${path} imports ${target}: what the service needs stands in src`]
        return []
      }),
    )
    expect(wrong).toEqual([])
  })

  it('keep each library in its folder', () => {
    const homes: Readonly<Record<string, readonly string[]>> = {
      kysely: ['db'],
      'node:sqlite': ['db', 'exec'],
      pg: ['db'],
      'mariadb/callback': ['db'],
      tarn: ['db'],
      fastify: ['api', 'main', 'roles'],
      jose: ['auth'],
      ldapts: ['auth'],
      commander: ['cli'],
      'string-width': ['cli'],
      pino: ['runtime'],
      'rabbitmq-client': ['bus'],
      'prom-client': ['runtime'],
      '@opentelemetry/api': ['tracing'],
      '@opentelemetry/sdk-trace': ['tracing'],
      'smol-toml': ['config', 'tools/cluster'],
      'ipaddr.js': ['model', 'auth'],
      // One way to run a command: exec/. Daemons that outlive the service and the tools around it are started by these.
      'node:cluster': ['roles', 'bin', 'runtime'],
      'node:child_process': [
        'exec',
        'storage/exporters',
        'storage/drivers',
        'tools/programs',
        'tools/quickstart',
        'tools/cluster',
        'tools/release',
      ],
    }
    const wrong = production.flatMap((path) =>
      librariesOf(path)
        .filter(
          (specifier) => homes[specifier] !== undefined && homes[specifier]?.includes(layerOf(path)) !== true,
        )
        .map(
          (specifier) =>
            `${path} imports ${specifier}, which belongs to src/${homes[specifier]?.join(', src/')}`,
        ),
    )
    expect(wrong).toEqual([])
  })
})

describe('SQL', () => {
  it('is written in src/db alone', () => {
    const builder =
      /\.(?:selectFrom|insertInto|updateTable|deleteFrom|replaceInto|mergeInto)\(|(?<!\w)sql[`<]/
    const wrong = production
      .filter((path) => layerOf(path) !== 'db')
      .filter((path) => builder.test(code(path)))
      .map((path) => `${path} builds a query: give it a name in src/db/store/<noun>.ts and call that`)
    expect(wrong).toEqual([])
  })
})

describe('the lifecycle', () => {
  it('alone writes the rows whose changes have consequences', () => {
    const writers =
      /\b(?:writeInstance|writeShare|writeSnapshot|writeSnapshotInstance|deleteInstance|deleteShare|deleteSnapshot|deleteSnapshotInstance|insertGroupRow|writeGroupRow|deleteGroupRow|forgetTypesOfGroup|bookPosting|raiseAccessGenerations)\b/
    const wrong = production
      .filter((path) => !path.startsWith('src/lifecycle/') && !path.startsWith('src/db/'))
      .flatMap((path) =>
        [...text(path).matchAll(/import (?:type )?\{([^}]*)\} from '[^']*db\/store\/[^']*'/g)]
          .filter(([, names = '']) => writers.test(names))
          .map(([found]) => `${path} has ${found}: ask src/lifecycle, which settles what follows`),
      )
    expect(wrong).toEqual([])
  })
})

describe('house rules', () => {
  const banned: readonly (readonly [RegExp, string, RegExp])[] = [
    [/\bshell:\s*true/, 'no shell: give execFile an argument list', /./],
    [/\bMath\.random\(\)\.toString/, 'ids come from randomUUID', /./],
    [
      /\bconsole\.(log|error|warn)/,
      'services log through pino, programs write to stdout',
      /^src\/(?!cli|bin)/,
    ],
    [/\benum\s+\w+\s*\{/, 'no enum: a union of string literals', /./],
    [/export default/, 'no default exports', /./],
    [
      /\bparts\??: (?:readonly )?[\w<>]+\[\]|\bconst parts = (?:\[|[\w.]+\.(?:split|map|filter)\()/,
      'parts are what a thing is made of: a list is called by what is in it',
      /./,
    ],
    [/instanceof DriverError/, 'isDriverError: it may be of another copy of the class', /./],
    [/@ts-(ignore|nocheck)/, 'fix the type instead', /./],
    [/\.\.\/shared\b|\/work\/main/, 'nothing outside the repository is named', /./],
  ]
  it('hold', () => {
    const wrong = production.flatMap((path) =>
      banned.flatMap(([pattern, remedy, where]) =>
        where.test(path) && pattern.test(code(path)) ? [`${path}: ${remedy} (${pattern})`] : [],
      ),
    )
    expect(wrong).toEqual([])
  })

  it('give each of these names one meaning', () => {
    const meanings: Readonly<Record<string, readonly [home: RegExp, remedy: string]>> = {
      how: [/^$/, 'call it what it is: order, request, options, match'],
      shown: [/^src\/wire\/changes\.ts$/, 'it is a kind of change of the wire'],
      keep: [/^src\/auth\//, 'it is what leaves an administrator, see src/auth/administrators.ts'],
    }
    const all = [...sources, ...filesBelow('dashboard')].filter((path) => /\.tsx?$/.test(path))
    const wrong = all.flatMap((path) => {
      // Most files have these words in sentences alone, which needs no parser.
      const names = Object.keys(meanings).filter(
        (name) =>
          meanings[name]?.[0].test(path) === false &&
          new RegExp(`\\b${name}(?:\\s*[:,=?!)(\\]}<]| of | in )`).test(text(path)),
      )
      if (names.length === 0) return []
      const declared = declaredIn(parseAst(text(path), { lang: path.endsWith('x') ? 'tsx' : 'ts' }))
      return names
        .filter((name) => declared.has(name))
        .map((name) => `${path} declares ${name}: ${meanings[name]?.[1]}`)
    })
    expect(wrong).toEqual([])
  })

  it('name files in kebab-case, and none of them utils', () => {
    const wrong = sources.filter(
      (path) => !/^[a-z0-9./-]+$/.test(path) || /\/(utils|helpers|misc)\.ts$/.test(path),
    )
    expect(wrong).toEqual([])
  })

  it('await nothing but the database inside a transaction', () => {
    // Timers, fetches and child processes inside `store.transaction(…)` would hold the one connection of SQLite.
    const wrong = production
      .filter((path) => /^src\/(app|db|scheduler)\//.test(path))
      .filter((path) => /\b(setTimeout|fetch|spawn|execFile)\(/.test(code(path)))
      // What carries transactions out has their time limits; nothing there runs inside one.
      .filter((path) => path !== 'src/db/open.ts' && !path.startsWith('src/db/dialects/'))
    expect(wrong).toEqual([])
  })
})

describe('the dashboard', () => {
  const dashboard = filesBelow('dashboard').filter((path) => /\.tsx?$/.test(path))
  const shipped = dashboard.filter(
    (path) => !path.endsWith('.test.ts') && path !== 'dashboard/vite.config.ts',
  )

  it('talks to the service through the SDK alone', () => {
    const wrong = shipped.flatMap((path) =>
      targetsOf(path)
        .filter((target) => !/^dashboard\/|^src\/(?:sdk|wire|model)\//.test(target))
        .map(
          (target) =>
            `${path} imports ${target}: the dashboard may import only src/sdk, src/wire and src/model`,
        ),
    )
    expect(wrong).toEqual([])
  })

  it('keeps its layers: pages use ui/ and api/, which know no page', () => {
    const above: Readonly<Record<string, RegExp>> = {
      api: /^dashboard\/(?:pages|frame|router|app|main)/,
      // Whose session it is, and where one is, is the frame's; widgets are drawn anywhere.
      ui: /^dashboard\/(?:pages|router|app|main)/,
      words: /^dashboard\/(?:pages|frame|ui|api|router|app|main)/,
    }
    const wrong = shipped.flatMap((path) =>
      targetsOf(path)
        .filter((target) => above[path.split('/')[1] ?? '']?.test(target) === true)
        .map((target) => `${path} imports ${target}`),
    )
    expect(wrong).toEqual([])
  })

  it('keeps each library in its folder', () => {
    const homes: Readonly<Record<string, RegExp>> = {
      '@mantine/': /^dashboard\//,
      react: /^dashboard\//,
      '@tanstack/': /^dashboard\//,
      '@tabler/': /^dashboard\//,
      uplot: /^dashboard\/ui\/(?:[a-z]+-)?chart\.tsx$/,
    }
    const wrong = [...production, ...shipped].flatMap((path) =>
      librariesOf(path)
        .filter((specifier) =>
          Object.entries(homes).some(
            ([library, home]) =>
              (specifier === library ||
                specifier.startsWith(library.endsWith('/') ? library : `${library}/`)) &&
              !home.test(path),
          ),
        )
        .map((specifier) => `${path} imports ${specifier}`),
    )
    expect(wrong).toEqual([])
  })

  it('has pages that share what they read and parts of themselves, never a whole page', () => {
    const wrong = shipped.flatMap((path) =>
      targetsOf(path)
        .filter((target) =>
          /^dashboard\/pages\/[a-z-]+\/(?:list|detail|create|[a-z-]+-page)\.tsx$/.test(target),
        )
        .filter((target) => path.startsWith('dashboard/pages/') && dirname(target) !== dirname(path))
        .map((target) => `${path} imports ${target}: let both import a part of it`),
    )
    expect(wrong).toEqual([])
  })

  it("brings Mantine's styles of each component along", () => {
    const styles = text('dashboard/mantine.css')
    const wrong = shipped.flatMap((path) =>
      [...text(path).matchAll(/import \{([^}]*)\} from '@mantine\/core'/g)]
        .flatMap((match) => (match[1] ?? '').split(','))
        .map((name) => name.trim().split(' as ')[0] ?? '')
        .filter((name) => existsSync(join(root, `node_modules/@mantine/core/styles/${name}.layer.css`)))
        .filter((name) => !styles.includes(`/${name}.layer.css`))
        .map(
          (name) =>
            `${path} uses ${name}: add @mantine/core/styles/${name}.layer.css to dashboard/mantine.css`,
        ),
    )
    expect(wrong).toEqual([])
  })

  const never: readonly (readonly [RegExp, string, RegExp])[] = [
    [/(?<![.\w])fetch\(/, 'a page reads through the SDK: client.call(…)', /^dashboard\/(?!api\/)/],
    [/\bnew (?:EventSource|WebSocket|XMLHttpRequest)\b/, 'the stream is read by the SDK', /./],
    [/dangerouslySetInnerHTML|\.(?:inner|outer)HTML\b|insertAdjacentHTML/, 'text is shown as text', /./],
    [/\beval\(|new Function\(/, 'nothing is compiled in the page', /./],
    [
      /sessionStorage|indexedDB|document\.cookie/,
      'nothing is kept in the browser but what somebody chose to see',
      /./,
    ],
    [
      /localStorage/,
      'only choices of language and look are kept',
      /^dashboard\/(?!words\/index|ui\/|frame\/)/,
    ],
    [/(?<!service)\.status [!=]== '/, 'ask the state tables of src/model, or toneOf', /^dashboard\/pages\//],
    [
      /\.toLocale(?:Date|Time)?String\(|new Intl\./,
      'numbers and times are written by ui/format.ts',
      /^dashboard\/(?!ui\/format|words\/)/,
    ],
    [/export default/, 'no default exports', /./],
    [/@ts-(?:ignore|nocheck)/, 'fix the type instead', /./],
    [/https?:\/\//, 'no third party is asked or named', /./],
  ]
  it('does none of what a page may not', () => {
    const wrong = shipped.flatMap((path) =>
      never.flatMap(([pattern, remedy, where]) =>
        where.test(path) && pattern.test(code(path)) ? [`${path}: ${remedy} (${pattern})`] : [],
      ),
    )
    expect(wrong).toEqual([])
  })

  it('has files of one idea, named in kebab-case', () => {
    const long = shipped.filter(
      (path) => !path.startsWith('dashboard/words/') && text(path).split('\n').length > 320,
    )
    expect(long.map((path) => `${path}: more than 320 lines`)).toEqual([])
    expect(filesBelow('dashboard').filter((path) => !/^[a-z0-9./-]+$/.test(path))).toEqual([])
  })
})

describe('documents', () => {
  const documents = ['README.md', ...filesBelow('docs').filter((path) => path.endsWith('.md'))].filter(
    (path) => existsSync(join(root, path)),
  )
  it('name only paths that exist', () => {
    const wrong = documents.flatMap((document) =>
      [...text(document).matchAll(/`((?:src|tools|test|docs|deploy)\/[A-Za-z0-9_./-]+)`/g)]
        .map((match) => match[1] ?? '')
        .filter((path) => !existsSync(join(root, path)))
        .map((path) => `${document} names ${path}, which does not exist`),
    )
    expect(wrong).toEqual([])
  })

  it('have working relative links and one heading of the first level', () => {
    const wrong = documents.flatMap((document) => {
      const body = text(document).replaceAll(/```[\s\S]*?```/g, '')
      const broken = [...body.matchAll(/\]\((?!https?:|#|mailto:)([^)#\s]+)[^)]*\)/g)]
        .map((match) => match[1] ?? '')
        .filter((link) => !existsSync(join(root, dirname(document), link)))
        .map((link) => `${document} links to ${link}, which does not exist`)
      const titles = body.match(/^# /gm)?.length ?? 0
      return titles === 1 ? broken : [...broken, `${document} has ${titles} first-level headings`]
    })
    expect(wrong).toEqual([])
  })

  it('keep every source file below 512 KiB', () => {
    expect(sources.filter((path) => statSync(join(root, path)).size > 512 * 1024)).toEqual([])
  })
})
