/**
 * What the host lacks, and installing it. Says what and why first; asks when a person is at the terminal; keeps Debian from
 * starting the daemons it installs, because ours run privately.
 */
import { spawn } from 'node:child_process'
import { accessSync, chmodSync, constants, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { createInterface } from 'node:readline/promises'

export interface Need {
  /** Looked up on PATH and in the sbin directories; an absolute path is looked at as it is. */
  readonly program: string
  readonly debianPackage: string
  /** End of the sentence "needed …". */
  readonly why: string
}

const searchPath = (): string[] => [
  ...(process.env.PATH ?? '').split(delimiter),
  '/usr/sbin',
  '/sbin',
  '/usr/bin',
  '/bin',
]

/** Whether a program is installed. */
export function hasProgram(program: string): boolean {
  const places = program.startsWith('/') ? [program] : searchPath().map((dir) => join(dir, program))
  return places.some((path) => {
    try {
      accessSync(path, program.startsWith('/') ? constants.R_OK : constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}

export const missing = (needs: readonly Need[]): Need[] => needs.filter(({ program }) => !hasProgram(program))

export interface InstallOptions {
  /** `--no-install`. */
  readonly forbid: boolean
  readonly say: (line: string) => void
}

export type InstallResult = { readonly ok: true } | { readonly ok: false; readonly why: string }

/** Installs what is missing, or says why not. Nothing missing is success. */
export async function ensureInstalled(
  needs: readonly Need[],
  options: InstallOptions,
): Promise<InstallResult> {
  const lacking = missing(needs)
  if (lacking.length === 0) return { ok: true }
  const packages = [...new Set(lacking.map((need) => need.debianPackage))]
  const list = packages.join(' ')
  if (options.forbid)
    return { ok: false, why: `these packages are missing and --no-install forbids to install them: ${list}` }
  if (!hasProgram('apt-get'))
    return { ok: false, why: `install these and try again (there is no apt-get here): ${list}` }
  if (process.getuid?.() !== 0)
    return { ok: false, why: `these packages are missing; as root: apt-get install ${list}` }
  for (const { debianPackage, why } of lacking) options.say(`  ${debianPackage}: ${why}`)
  if (
    process.stdin.isTTY &&
    process.stdout.isTTY &&
    !(await agreed(`Install ${packages.length} Debian packages?`))
  ) {
    return { ok: false, why: 'installing was declined' }
  }
  return aptInstall(packages)
}

async function agreed(question: string): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return !/^n/i.test((await prompt.question(`${question} [Y/n] `)).trim())
  } finally {
    prompt.close()
  }
}

/** Where Debian asks whether a freshly installed daemon may start; answering 101 means no. */
const policyFile = '/usr/sbin/policy-rc.d'

async function aptInstall(packages: readonly string[]): Promise<InstallResult> {
  const ours = !existsSync(policyFile)
  if (ours) {
    writeFileSync(policyFile, '#!/bin/sh\nexit 101\n')
    chmodSync(policyFile, 0o755)
  }
  try {
    const options = ['-o', 'DPkg::Lock::Timeout=600', '-y', '-q', '--no-install-recommends']
    let result = await run(['apt-get', ...options, 'install', ...packages])
    // A machine that never updated its lists knows no package by name.
    if (result.code !== 0) {
      await run(['apt-get', '-o', 'DPkg::Lock::Timeout=600', '-q', 'update'])
      result = await run(['apt-get', ...options, 'install', ...packages])
    }
    if (result.code === 0) return { ok: true }
    return { ok: false, why: `apt-get install failed: ${result.tail}` }
  } finally {
    if (ours) rmSync(policyFile, { force: true })
  }
}

function run(argv: readonly [string, ...string[]]): Promise<{ code: number; tail: string }> {
  return new Promise((resolve) => {
    const child = spawn(argv[0], argv.slice(1), {
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let text = ''
    const hear = (chunk: Buffer): void => void (text = (text + chunk.toString()).slice(-4000))
    child.stdout.on('data', hear)
    child.stderr.on('data', hear)
    child.on('error', (error) => resolve({ code: 127, tail: error.message }))
    child.on('close', (code) =>
      resolve({ code: code ?? 1, tail: text.trim().split('\n').slice(-3).join(' ') }),
    )
  })
}

/** A private directory below the system's temporary one. */
export const scratch = (prefix: string): string => mkdtempSync(join(tmpdir(), prefix))
