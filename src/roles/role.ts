/** A role of the service in this process: manila-api, manila-scheduler, manila-share or manila-data. */
export type RoleName = 'api' | 'scheduler' | 'share' | 'data'

export interface Role {
  /** Rows of the services that it serves; none for the API, which Manila does not list. */
  readonly serviceIds: readonly number[]
  /** Begins; the process is registered by then. */
  start(): Promise<void>
  stop(options: StopOptions): Promise<void>
  /** Why it can't do its work now; null when it can. */
  unusable(): Promise<string | null>
}

export interface StopOptions {
  /** Milliseconds that running work gets before it is left for others. */
  readonly graceMs: number
  /** Also unmount and end what the backends started. */
  readonly detach: boolean
}
