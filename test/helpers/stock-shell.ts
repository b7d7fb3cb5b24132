/** Debian's own clients, unchanged: `openstack` with python3-manilaclient's plug-in, and the old `manila`. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

export interface Ran {
  readonly code: number
  readonly out: string
  readonly err: string
}

export interface StockShell {
  run(args: readonly string[], env: Readonly<Record<string, string>>): Promise<Ran>
  end(): void
}

export const hasStockClients = (): boolean =>
  existsSync('/usr/bin/openstack') && existsSync('/usr/bin/manila')

/**
 * Runs each command in a fork of a Python that has imported the client (`openstackclient.shell` or `manilaclient.shell`): importing
 * is most of the two seconds that a command costs. `home` is where they keep what they keep.
 */
export function stockShell(module: string, home: string): StockShell {
  const program = join(import.meta.dirname, '..', 'system', 'stock-shell.py')
  const python = spawn('/usr/bin/python3', [program, module], {
    env: { PATH: '/usr/bin:/bin', HOME: home, LANG: 'C.UTF-8' },
    cwd: home,
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = createInterface({ input: python.stdout })[Symbol.asyncIterator]()
  return {
    async run(args, env) {
      python.stdin.write(`${JSON.stringify({ args, env })}\n`)
      const { value, done } = await answers.next()
      if (done === true) throw new Error(`the Python of ${module} ended`)
      return JSON.parse(value) as Ran
    },
    end: () => void python.stdin.end(),
  }
}
