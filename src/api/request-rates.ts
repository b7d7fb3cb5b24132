/**
 * How many requests a project, and a client address, may send a minute. Each process counts for itself. Addresses are counted
 * before anything is looked at, tokens included; projects once it is known who asks.
 */
import type { RequestRate } from '../app/context.ts'
import { fault, type Fault } from '../model/errors.ts'
import { clientOf } from '../model/networks.ts'
import { Rate } from '../runtime/rate.ts'

export class RequestRates {
  readonly #projects: Rate
  readonly #addresses: Rate

  constructor(
    limits: { readonly project_requests_per_minute: number; readonly address_requests_per_minute: number },
    now: () => number,
  ) {
    this.#projects = new Rate(limits.project_requests_per_minute, now)
    this.#addresses = new Rate(limits.address_requests_per_minute, now, 100_000)
  }

  /** The refusal of one more request from there, or null. */
  fromAddress(ip: string): Fault | null {
    return refusal(this.#addresses.take(clientOf(ip)), 'from this address')
  }

  ofProject(id: string): Fault | null {
    return refusal(this.#projects.take(id), 'of this project')
  }

  /** What is left to it; null where a project may send any number. */
  left(projectId: string): RequestRate | null {
    return this.#projects.left(projectId)
  }
}

const refusal = (retryAfterS: number, whose: string): Fault | null =>
  retryAfterS === 0
    ? null
    : fault('TooManyRequests', { message: `Too many requests ${whose} in a minute.`, retryAfterS })
