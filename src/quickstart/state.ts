/** What a start must find again: choices that may not change between two starts of one directory. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, isFree } from '../exec/free-port.ts'
import type { BackendKind } from './options.ts'

export interface QuickstartState {
  readonly backend: BackendKind
  /** Size of the pool's file; it only grows. */
  readonly poolGib: number | null
  /** Port of NFS-Ganesha. */
  readonly nfsPort: number
}

const fileOf = (dir: string): string => join(dir, 'quickstart.json')

export function readState(dir: string): QuickstartState | null {
  const file = fileOf(dir)
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as QuickstartState) : null
}

export function writeState(dir: string, state: QuickstartState): void {
  writeFileSync(fileOf(dir), `${JSON.stringify(state, null, 2)}\n`)
}

/** 2049 when nobody has it on 127.0.0.1, else a free one: clients then name the port when they mount. */
export async function chooseNfsPort(): Promise<number> {
  return (await isFree('127.0.0.1', 2049)) ? 2049 : freePort()
}
