/** Who an NFS-Ganesha lets in, as it says itself. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Parts } from '../../contract/driver.ts'

/** Asks the daemon that serves from `dir`, not the file: addresses and networks that reach the export now. */
export async function granted(exec: Parts['exec'], dir: string, id: string): Promise<readonly string[]> {
  const text = readFileSync(join(dir, 'exports.d', `${id}.conf`), 'utf8')
  const number = /Export_Id = (\d+);/.exec(text)?.[1] ?? ''
  const method = 'org.ganesha.nfsd.exportmgr.DisplayExport'
  const to = ['--dest=org.ganesha.nfsd', '/org/ganesha/nfsd/ExportMgr', method, `uint16:${number}`]
  const argv = ['dbus-send', `--bus=unix:path=${dir}/bus`, '--print-reply', ...to]
  const { stdout } = await exec.run(argv, { deadlineMs: 5000 })
  return [...stdout.matchAll(/string "([0-9a-f.:]+(?:\/\d+)?)"/g)].map((match) =>
    (match[1] ?? '').replace(/\/32$/, ''),
  )
}
