/** What a configuration wants of the host, laid side by side: ports and pools that two would have, paths that can't be written. */
import { accessSync, constants, statSync } from 'node:fs'
import { isIPv6 } from 'node:net'
import { dirname, sep } from 'node:path'

/** Someone who listens, in the words of the configuration. */
export interface Listener {
  readonly who: string
  readonly host: string
  /** 0: any that is free. */
  readonly port: number
}

export interface Keeper {
  readonly who: string
  /** Absolute. */
  readonly path: string
}

/** A sentence for each two that want one port of one address. */
export function listenProblems(listeners: readonly Listener[]): string[] {
  return pairsOf(listeners)
    .filter(([a, b]) => a.port !== 0 && a.port === b.port && meet(a.host, b.host))
    .map(([a, b]) => `${a.who} and ${b.who} would both listen on ${endpoint(b)}: only the first to start can`)
}

/** A sentence for each pool that is inside another one's, or is it. */
export function keepProblems(keepers: readonly Keeper[]): string[] {
  return pairsOf(keepers)
    .filter(([a, b]) => within(a.path, b.path) || within(b.path, a.path))
    .map(([a, b]) =>
      a.path === b.path
        ? `${a.who} and ${b.who} would both keep their shares in ${b.path}: each takes what the other holds for its own`
        : `${a.who} keeps its shares in ${a.path}, and ${b.who} in ${b.path}: one lies inside of the other`,
    )
}

/** Why nothing can be made at `path` or below it, as far as can be seen without trying; null when it can. */
export function writeProblem(path: string): string | null {
  for (let at = path; ; at = dirname(at)) {
    const stat = statOf(at)
    if (stat === null && at !== dirname(at)) continue
    if (at !== path && stat?.isDirectory() !== true) return `${path} can't be made: ${at} is no directory`
    const why = refusal(at, constants.W_OK)
    return why === null ? null : `${path} can't be ${at === path ? 'written' : 'made'}: ${why}`
  }
}

/** Why the file can't be read; null when it can. */
export const readProblem = (path: string): string | null => {
  const why = refusal(path, constants.R_OK)
  return why === null ? null : `${path} can't be read: ${why}`
}

/** Null also where a part of the path is a file. */
function statOf(path: string): { isDirectory(): boolean } | null {
  try {
    return statSync(path)
  } catch {
    return null
  }
}

function refusal(path: string, mode: number): string | null {
  try {
    accessSync(path, mode)
    return null
  } catch (error) {
    return error instanceof Error ? error.message.replace(/, access .*/, '') : String(error)
  }
}

const pairsOf = <T>(all: readonly T[]): (readonly [T, T])[] =>
  all.flatMap((one, at) => all.slice(0, at).map((before) => [before, one] as const))

const wildcards: readonly string[] = ['0.0.0.0', '::', '']
const loopback: Readonly<Record<string, string>> = { localhost: '127.0.0.1' }

function meet(a: string, b: string): boolean {
  return wildcards.includes(a) || wildcards.includes(b) || sameHost(a) === sameHost(b)
}

/** `::1` and `0:0:0:0:0:0:0:1` are one address. */
function sameHost(host: string): string {
  const name = host.toLowerCase()
  return isIPv6(name) ? new URL(`http://[${name}]`).hostname : (loopback[name] ?? name)
}

const endpoint = ({ host, port }: Listener): string =>
  isIPv6(host) ? `[${host}]:${port}` : `${host || '0.0.0.0'}:${port}`

const within = (path: string, folder: string): boolean =>
  path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep)
