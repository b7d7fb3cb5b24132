/** What a start must find again: choices that may not change between two starts of one directory. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { freePort, isFree } from '../../src/exec/free-port.ts'
import type { BackendKind } from './options.ts'

export interface QuickstartState {
  readonly backend: BackendKind
  /** Size of the pool's file; it only grows. */
  readonly poolGib: number | null
  /** Port of NFS-Ganesha. */
  readonly nfsPort: number
  /** Which accounts earlier starts made: nothing of them is made a second time. */
  readonly made?: { readonly accounts?: boolean; readonly directory?: boolean }
  /** The demonstration that a start left to look at; absent until one was begun. */
  readonly demonstration?: Demonstration
}

export interface Demonstration {
  /** The share it made, as long as that was not taken away. */
  readonly shareId: string | null
  /** It went to its end: a later start does not repeat it. */
  readonly isComplete: boolean
}

const fileOf = (dir: string): string => join(dir, 'quickstart.json')

export function readState(dir: string): QuickstartState | null {
  const file = fileOf(dir)
  return existsSync(file) ? asOfToday(JSON.parse(readFileSync(file, 'utf8')) as QuickstartState) : null
}

/** What earlier quick starts called otherwise: a demonstration that went to its end was `shown`. */
function asOfToday(state: QuickstartState): QuickstartState {
  if (state.demonstration === undefined) return state
  const { shareId, ...written } = state.demonstration
  const { isComplete, ['shown']: before }: Readonly<Record<string, unknown>> = written
  return { ...state, demonstration: { shareId, isComplete: (isComplete ?? before) === true } }
}

export function writeState(dir: string, state: QuickstartState): void {
  writeFileSync(fileOf(dir), `${JSON.stringify(state, null, 2)}\n`)
}

export function rememberMade(dir: string, what: 'accounts' | 'directory'): void {
  const state = readState(dir)
  if (state !== null) writeState(dir, { ...state, made: { ...state.made, [what]: true } })
}

export function rememberDemonstration(dir: string, demonstration: Demonstration): void {
  const state = readState(dir)
  if (state !== null) writeState(dir, { ...state, demonstration })
}

/**
 * Each project's NFS server has one of these addresses for itself: an NFS path names no port, and loopback is there whatever
 * network the host has. Far from 127.0.0.1 and its neighbours, which play the clients.
 */
export const serverAddresses: readonly string[] = Array.from({ length: 24 }, (_, at) => `127.0.1.${at + 10}`)

/** 2049 when nobody has it on any of `hosts`, else one that is free there: clients then name the port when they mount. */
export async function chooseNfsPort(hosts: readonly string[] = ['127.0.0.1']): Promise<number> {
  for (let port = 2049; ; port = await freePort()) {
    const free = await Promise.all(hosts.map((host) => isFree(host, port)))
    if (free.every(Boolean)) return port
  }
}
