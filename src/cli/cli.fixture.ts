/** The command line as a test runs it: one line against a scripted service, its output and exit code. */
import { fakeService, type Asked, type FakeService, type Said } from '../sdk/fake-service.fixture.ts'
import { runCli } from './main.ts'

export interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs a line with nothing of this machine's files or variables but `env`. */
export async function cli(
  line: string | readonly string[],
  env: Record<string, string> = {},
  signal = new AbortController().signal,
): Promise<Ended> {
  let out = ''
  let err = ''
  const code = await runCli({
    argv: typeof line === 'string' ? line.split(' ') : line,
    env,
    out: (text) => void (out += text),
    err: (text) => void (err += text),
    columns: null,
    signal,
  })
  return { code, out, err }
}

/** `manila` signed in at a service of its own, which tells afterwards what it was asked; `end` closes them all. */
export function manilaAtFake() {
  const running: FakeService[] = []
  return {
    async manila(
      line: string | readonly string[],
      answer: (asked: Asked) => Said,
      capabilities: string[] = [],
    ): Promise<Ended & { readonly service: FakeService }> {
      const service = await fakeService({ answer, capabilities })
      running.push(service)
      const result = await cli(line, {
        OS_AUTH_URL: `${service.url}/identity`,
        OS_USERNAME: 'demo',
        OS_PASSWORD: 'secret',
        OS_PROJECT_NAME: 'demo',
      })
      return { ...result, service }
    },
    async end(): Promise<void> {
      for (const one of running.splice(0)) await one.close()
    },
  }
}

/** A refusal of the service. */
export const no = (message: string, status = 404): Said => ({
  status,
  headers: { 'x-openstack-request-id': 'req-9' },
  body: { itemNotFound: { code: status, message } },
})
