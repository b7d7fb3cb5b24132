/** `manila-manage` as an operator runs it. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'

const program = join(import.meta.dirname, '..', '..', 'src', 'bin', 'manila-manage.mjs')

export function runManage(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      [program, ...args],
      { timeout: 60_000, env: { ...process.env, ...env } },
      (error, out, err) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? 1), out, err })
      },
    )
  })
}
