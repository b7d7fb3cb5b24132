/** What a program costs before it does anything: from the sources, as a checkout runs it, and from the package, as everybody else does. */
import { execFile } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { layOut } from '../../tools/release/package.ts'
import { figure, ms, type Figure } from './report.ts'
import { startMeasured } from './service.ts'
import { startOnce } from './start.ts'
import { percentile, timed } from './timing.ts'

const run = promisify(execFile)
const runs = 9
const sources = join(import.meta.dirname, '../../src/bin')
/** Runs $1 and says what it took of the processor: the second line of `times` is of what ended. */
const timesOf = '"$@" > /dev/null && times'

/** Whoever is asked: for how long, and how much of a processor. */
async function one(
  program: string,
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly wall: string; readonly processor: string }> {
  const spent: number[] = []
  // The first one compiles for those after it.
  await run(process.execPath, [program, ...argv], { env })
  const took = await timed(runs, async () => {
    const { stdout } = await run('sh', ['-c', timesOf, 'sh', process.execPath, program, ...argv], { env })
    const [, ofChildren = ''] = stdout.trim().split('\n')
    spent.push(
      [...ofChildren.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
        (sum, [, minutes, seconds]) => sum + Number(minutes) * 60_000 + Number(seconds) * 1000,
        0,
      ),
    )
  })
  return { wall: ms(percentile(took, 50)), processor: ms(percentile(spent, 50)) }
}

/** Before and after: `manila --version`, `share list` against a service of this host, and the start of `manila-all`. */
export async function measureCommandLine(dir: string): Promise<Figure[]> {
  const dashboard = join(dir, 'dashboard')
  const home = join(dir, 'home')
  for (const folder of [dashboard, home]) mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(dashboard, 'index.html'), '')
  await layOut(join(dir, 'manila'), dashboard)
  const places = [
    ['from the sources', (name: string) => join(sources, `${name}.mjs`)],
    ['from the package', (name: string) => join(dir, 'manila/bin', `${name}.cjs`)],
  ] as const
  const service = await startMeasured(join(dir, 'service'), 'sim')
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    OS_CLIENT_CONFIG_FILE: service.process.clouds,
    OS_CLOUD: 'manila-demo',
  }
  const nothing = join(dir, 'nothing.mjs')
  writeFileSync(nothing, '')
  const bare = await one(nothing, [], env)
  const figures = [
    figure('node with nothing to do', bare.wall, `median of ${runs}; ${bare.processor} of a processor`),
  ]
  try {
    for (const [title, argv] of [
      ['manila --version', ['--version']],
      ['manila share list, local service', ['share', 'list']],
    ] as const) {
      for (const [place, file] of places) {
        const { wall, processor } = await one(file('manila'), argv, env)
        figures.push(figure(`${title}, ${place}`, wall, `median of ${runs}; ${processor} of a processor`))
      }
    }
  } finally {
    await service.stop()
  }
  for (const [place, file] of places) {
    const starts: Awaited<ReturnType<typeof startOnce>>[] = []
    for (let at = 0; at < 5; at++)
      starts.push(await startOnce(join(dir, `start-${at}`), file('manila-all'), env))
    const median = (of: (start: (typeof starts)[number]) => number): string =>
      ms(percentile(starts.map(of), 50))
    figures.push(
      figure(
        `manila-all, start to first 200, ${place}`,
        median(({ tookMs }) => tookMs),
        `median of 5; ${median(({ processorMs }) => processorMs)} of a processor`,
      ),
    )
  }
  return figures
}
