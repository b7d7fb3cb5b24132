/** A private certificate authority and one server certificate of it, for private servers that speak TLS. */
import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** Paths of PEM files. */
export interface Certificates {
  readonly ca: string
  /** For the names, signed by `ca`. */
  readonly cert: string
  readonly key: string
}

/** Makes them in `dir` with `openssl`; they hold for 30 days. */
export async function makeCertificates(
  dir: string,
  names: readonly string[] = ['DNS:localhost', 'IP:127.0.0.1'],
): Promise<Certificates> {
  const openssl = (line: string) => run('openssl', line.split(' '), { cwd: dir })
  const key = '-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes'
  await openssl(`req -x509 ${key} -days 30 -subj /CN=authority -keyout ca.key -out ca.pem`)
  await openssl(`req ${key} -subj /CN=localhost -keyout server.key -out server.csr`)
  writeFileSync(join(dir, 'names'), `subjectAltName=${names.join(',')}\n`)
  const authority = '-CA ca.pem -CAkey ca.key -CAcreateserial'
  await openssl(`x509 -req -in server.csr ${authority} -days 30 -extfile names -out server.pem`)
  return { ca: join(dir, 'ca.pem'), cert: join(dir, 'server.pem'), key: join(dir, 'server.key') }
}
