import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { localExec } from './local.ts'
import type { ExecError, RunOptions } from './exec.ts'

const exec = localExec()
const quick: RunOptions = { deadlineMs: 5000 }
let dir = ''
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'manila-exec-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function failure(argv: readonly string[], options: RunOptions): Promise<ExecError> {
  return exec.run(argv, options).then(
    () => Promise.reject(new Error('the command succeeded')),
    (error: ExecError) => error,
  )
}

/** Ended, whether or not somebody has collected it yet. */
async function goneSoon(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 40; tries++) {
    if (!isRunning(pid)) return true
    await new Promise((done) => setTimeout(done, 50))
  }
  return false
}

function isRunning(pid: number): boolean {
  try {
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    return false
  }
}

/** Processes that have this argument. */
function runningWith(argument: string): string[] {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return all.filter((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').includes(argument)
    } catch {
      return false
    }
  })
}

describe('a command', () => {
  test('gets whole arguments, its input and a minimal environment', async () => {
    process.env['MANILA_SECRET'] = 'x'
    const script = 'cat; printf "[%s]" "$@"; env'
    const { stdout } = await exec.run(['sh', '-c', script, '-', 'a b', '$(id)', ''], {
      ...quick,
      input: 'hello',
      env: { EXTRA: '1' },
    })
    delete process.env['MANILA_SECRET']
    expect(stdout).toContain('hello[a b][$(id)][]')
    expect(stdout).toContain('EXTRA=1')
    expect(stdout).toContain('LANG=C')
    expect(stdout).not.toContain('MANILA_SECRET')
  })

  test('that fails says its name, its code and its last words', async () => {
    const error = await failure(['sh', '-c', 'echo first >&2; echo no space >&2; exit 3'], quick)
    expect(error).toMatchObject({ kind: 'exit', result: { code: 3 } })
    expect(error.message).toBe('sh ended with code 3: no space')
    const answer = await exec.run(['sh', '-c', 'exit 3'], { ...quick, okCodes: [0, 3] })
    expect(answer.code).toBe(3)
  })

  test('that is not installed is missing, also under a fence', async () => {
    const fence = { lockFile: join(dir, 'missing'), number: 1 }
    expect(await failure(['no-such-program'], quick)).toMatchObject({ kind: 'missing' })
    expect(await failure(['no-such-program'], { ...quick, fence })).toMatchObject({ kind: 'missing' })
  })

  test('that prints too much is ended', async () => {
    const error = await failure(['yes'], { ...quick, maxOutputBytes: 1000 })
    expect(error).toMatchObject({ kind: 'output' })
    expect(error.result.stdout).toHaveLength(1000)
  })

  test('killed by a signal of its own has failed', async () => {
    expect(await failure(['sh', '-c', 'kill -SEGV $$'], quick)).toMatchObject({
      kind: 'exit',
      result: { code: 139 },
    })
  })
})

describe('the deadline', () => {
  test('kills the whole group, grandchildren too', async () => {
    const started = Date.now()
    const error = await failure(['sh', '-c', 'sleep 60 & echo $!; wait'], { deadlineMs: 300 })
    expect(error.kind).toBe('deadline')
    expect(Date.now() - started).toBeLessThan(1400)
    expect(await goneSoon(Number(error.result.stdout))).toBe(true)
  })

  test('holds even when something outside the group keeps the output open', async () => {
    const started = Date.now()
    const { stdout } = await exec.run(['sh', '-c', 'setsid sleep 30 & echo done'], quick)
    expect(stdout).toBe('done\n')
    // Not for the sleeper; how long a start takes is the machine's affair.
    expect(Date.now() - started).toBeLessThan(15_000)
  })

  test('an abort ends the child, and one that came before never starts it', async () => {
    const abort = new AbortController()
    setTimeout(() => abort.abort(), 100)
    expect(await failure(['sleep', '60'], { ...quick, signal: abort.signal })).toMatchObject({
      kind: 'aborted',
    })
    const file = join(dir, 'never')
    const late = await failure(['touch', file], { ...quick, signal: AbortSignal.abort() })
    expect(late).toMatchObject({ kind: 'aborted', result: { code: -1 } })
    expect(() => readFileSync(file)).toThrow('ENOENT')
  })
})

describe('the fence', () => {
  test('runs the newest owner, remembers it, refuses an older one', async () => {
    const lockFile = join(dir, 'fence')
    const run = (number: number) => exec.run(['echo', 'ran'], { ...quick, fence: { lockFile, number } })
    expect((await run(5)).stdout).toBe('ran\n')
    expect((await run(5)).stdout).toBe('ran\n')
    expect((await run(7)).stdout).toBe('ran\n')
    await expect(run(6)).rejects.toMatchObject({ kind: 'fenced' })
    expect(readFileSync(`${lockFile}.number`, 'utf8')).toBe('7\n')
    // A torn record is what a power cut leaves; the next owner goes on.
    writeFileSync(`${lockFile}.number`, '')
    expect((await run(6)).stdout).toBe('ran\n')
  })

  test('code 113 of the command itself is not mistaken for a refusal', async () => {
    const fence = { lockFile: join(dir, 'own-113'), number: 1 }
    expect(await failure(['sh', '-c', 'exit 113'], { ...quick, fence })).toMatchObject({ kind: 'exit' })
  })

  test('lets one command at a time in, for as long as it runs', async () => {
    const fence = { lockFile: join(dir, 'one'), number: 1 }
    const log = join(dir, 'one.log')
    const script = 'echo in >>"$1"; sleep 0.1; echo out >>"$1"'
    const once = () => exec.run(['sh', '-c', script, '-', log], { ...quick, fence })
    await Promise.all([once(), once(), once()])
    expect(readFileSync(log, 'utf8')).toBe('in\nout\n'.repeat(3))
  })

  test('reads every input as a whole argument', async () => {
    const fence = { lockFile: join(dir, 'a b; touch x'), number: 1 }
    const { stdout } = await exec.run(['printf', '%s|', '$(id)', '*', 'a\nb'], { ...quick, fence })
    expect(stdout).toBe('$(id)|*|a\nb|')
  })
})

test('a child dies with its parent, fenced or not', async () => {
  const module = new URL('local.ts', import.meta.url).href
  const script = `
    const { localExec } = await import(${JSON.stringify(module)})
    const exec = localExec()
    const fence = { lockFile: process.argv[1], number: 1 }
    const argv = (name) => ['sh', '-c', 'echo $$ >"$1"; exec sleep 60', '-', process.argv[1] + name]
    exec.run(argv('.plain'), { deadlineMs: 60000 }).catch(() => {})
    exec.run(argv('.fenced'), { deadlineMs: 60000, fence }).catch(() => {})
  `
  const base = join(dir, 'parent')
  const parent = spawn(process.execPath, ['--input-type=module', '-e', script, base], { stdio: 'ignore' })
  const pids: number[] = []
  for (const name of ['.plain', '.fenced']) {
    await expect.poll(() => Number(readFileSync(base + name, 'utf8')), { timeout: 10_000 }).toBeGreaterThan(0)
    pids.push(Number(readFileSync(base + name, 'utf8')))
  }
  parent.kill('SIGKILL')
  for (const pid of pids) expect(await goneSoon(pid)).toBe(true)
})

const script = join(import.meta.dirname, 'launcher.pl')

/** A launcher that is spoken to by its pipes. */
function spoken(args: readonly string[]) {
  const perl = spawn('perl', args, { stdio: ['pipe', 'pipe', 'inherit'] })
  let said = ''
  perl.stdout.on('data', (part: Buffer) => (said += part.toString()))
  return {
    run(id: number, shell: string) {
      const fields = ['', '0', '0', '/bin/sh', '-c', shell].join('\0')
      perl.stdin.write(`run ${id} ${fields.length} 0\n${fields}`)
    },
    said: () => said,
    async [Symbol.asyncDispose]() {
      perl.stdin.end()
      await once(perl, 'exit')
    },
  }
}

describe('the launcher', () => {
  test('carries much both ways, and is not held up by a command that reads nothing', async () => {
    const input = 'x'.repeat(3_000_000)
    const deaf = failure(['sleep', '60'], { deadlineMs: 1500, input })
    const { stdout } = await exec.run(['cat'], { ...quick, input, maxOutputBytes: 4_000_000 })
    expect(stdout).toBe(input)
    expect((await deaf).kind).toBe('deadline')
  })

  test('runs many at once, and mixes up none of them', async () => {
    const said = await Promise.all(
      Array.from({ length: 100 }, async (_, n) => {
        const script = `echo ${n}; echo ${n} >&2; exit ${n}`
        const { stdout, stderr, code } = await exec.run(['sh', '-c', script], {
          deadlineMs: 60_000,
          okCodes: [n],
        })
        return `${stdout}${stderr}${code}`
      }),
    )
    expect(said).toEqual(Array.from({ length: 100 }, (_, n) => `${n}\n${n}\n${n}`))
  })

  test('that dies takes its commands along, is reported, and is replaced by the next command', async () => {
    const children = () => readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')
    const { stdout: parent } = await exec.run(['sh', '-c', 'echo $PPID'], quick)
    expect(children()).toContain(parent.trim())
    const script = 'echo $$ >"$1"; exec sleep 60'
    const file = join(dir, 'orphan')
    const cut = failure(['sh', '-c', script, '-', file], { deadlineMs: 60_000 })
    await expect.poll(() => Number(readFileSync(file, 'utf8'))).toBeGreaterThan(0)
    process.kill(Number(parent), 'SIGKILL')
    expect(await cut).toMatchObject({ kind: 'exit', result: { code: -1 } })
    expect((await cut).message).toMatch(/^sh was cut short: the launcher of commands ended/)
    expect(await goneSoon(Number(readFileSync(file, 'utf8')))).toBe(true)
    expect((await exec.run(['echo', 'again'], quick)).stdout).toBe('again\n')
  })

  test('learns that a command ended also when the signal that says so is lost', async () => {
    const lossy = `use POSIX; sigprocmask(SIG_BLOCK, POSIX::SigSet->new(SIGCHLD)); exec @ARGV`
    await using deaf = spoken(['-e', lossy, 'perl', script, '0'])
    deaf.run(1, 'exec >&- 2>&-; sleep 0.1; exit 7')
    await expect.poll(deaf.said).toBe('exit 1 7\nclosed 1\n')
    // Its output is still open, because somebody else has it.
    deaf.run(2, 'setsid sleep 3 & exit 8')
    await expect.poll(deaf.said, { timeout: 5000 }).toContain('exit 2 8\n')
  })

  test('says what a command wrote before it says that it ended', async () => {
    await using busy = spoken([script, '0'])
    const ids = Array.from({ length: 60 }, (_, n) => n + 1)
    for (const id of ids) busy.run(id, `echo ${id}`)
    await expect.poll(() => busy.said().match(/^closed /gm)?.length, { timeout: 30_000 }).toBe(ids.length)
    const said = busy.said()
    for (const id of ids) {
      expect(said.indexOf(`out ${id} `)).toBeGreaterThanOrEqual(0)
      expect(said.indexOf(`out ${id} `)).toBeLessThan(said.indexOf(`exit ${id} 0\n`))
    }
  })

  test('refuses what no argument can hold', async () => {
    await expect(exec.run(['echo', 'a\0b'], quick)).rejects.toThrow('NUL')
  })

  test('ends at once what is stopped as it starts', async () => {
    for (let n = 0; n < 30; n++) {
      await failure(['sh', '-c', 'sleep 60; :', join(dir, 'early')], { deadlineMs: 1 + n / 10 })
    }
    // A kill that came too early to meet anybody leaves one that sleeps on.
    await expect.poll(() => runningWith(join(dir, 'early')), { timeout: 20_000 }).toEqual([])
  })
})
