/**
 * Faults on demand. A `faults.json` in the directory of the backend is read at every call, so faults can be switched
 * while the service runs, by a test, a script or a person with an editor; without it the configured ones count.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Type, type Static } from 'typebox'
import { Value } from 'typebox/value'
import { openLock, type Lock } from './lock.ts'

export const verbs = [
  'setup',
  'pools',
  'create',
  'delete',
  'extend',
  'ensure',
  'inventory',
  'shrink',
  'create-snapshot',
  'delete-snapshot',
  'clone',
  'revert',
  'snapshot-tree',
  'snapshot-release',
  'manage',
  'unmanage',
  'manage-snapshot',
  'unmanage-snapshot',
  'measure',
  'setup-exporter',
  'publish',
  'unpublish',
  'apply-rules',
  'inventory-exports',
] as const
export type Verb = (typeof verbs)[number]

export const faultSchema = Type.Object(
  {
    kind: Type.Union(
      [
        Type.Literal('slow', { description: 'Takes `ms` longer.' }),
        Type.Literal('fail', { description: 'Refuses; nothing happened.' }),
        Type.Literal('fail-once', { description: 'Refuses the first time; a repeat helps.' }),
        Type.Literal('timeout-after-success', { description: 'Does it, then answers maybe-happened.' }),
        Type.Literal('half-done', { description: 'Stops `ms` after the first stage of create and clone.' }),
        Type.Literal('full', { description: 'The pool has no room.' }),
        Type.Literal('hang', { description: 'Never answers: ends at the deadline or when aborted.' }),
      ],
      { description: 'What goes wrong.' },
    ),
    ms: Type.Optional(Type.Number({ minimum: 0, description: 'Milliseconds, for slow and half-done.' })),
    times: Type.Optional(
      Type.Integer({
        minimum: 1,
        description: 'How many calls it hits; fail-once hits one, others every call.',
      }),
    ),
    message: Type.Optional(
      Type.String({
        maxLength: 1000,
        description: 'What the error says, where the fault is one that answers.',
      }),
    ),
    retry_after_s: Type.Optional(
      Type.Union([Type.Number({ minimum: 0 }), Type.Null()], {
        description: 'Seconds the error advises to wait before a repeat; null: none helps.',
      }),
    ),
    reason: Type.Optional(
      Type.Union(
        [
          Type.Literal('busy'),
          Type.Literal('host-lacks'),
          Type.Literal('not-found'),
          Type.Literal('size-mismatch'),
          Type.Literal('unsupported'),
        ],
        { description: 'What the error is about, where the fault is one that answers.' },
      ),
    ),
  },
  { additionalProperties: false },
)
export type Fault = Static<typeof faultSchema>

/** Verb → fault. */
export const faultsSchema = Type.Object(
  Object.fromEntries(verbs.map((verb) => [verb, Type.Optional(faultSchema)])) as OptionalFaults,
  { additionalProperties: false },
)
type OptionalFaults = Record<Verb, ReturnType<typeof Type.Optional<typeof faultSchema>>>
export type Faults = Static<typeof faultsSchema>

const fileName = 'faults.json'

/**
 * Makes exactly `faults` happen from the next call on, in every process that serves the backend in `dir`; `{}` ends
 * them all, configured ones included. Throws when a fault isn't one.
 */
export async function setFaults(dir: string, faults: Faults): Promise<void> {
  const [problem] = Value.Errors(faultsSchema, faults)
  if (problem) throw new Error(`faults: ${problem.instancePath || '/'} ${problem.message}`)
  using lock = openLock(dir)
  await lock.hold(10_000, null, () => write(dir, faults))
}

/** The fault that hits this call of `verb`, or null. A counted one is used up by one, exactly, across processes. */
export async function takeFault(
  dir: string,
  configured: Faults,
  lock: Lock,
  verb: Verb,
): Promise<Fault | null> {
  const seen = current(dir, configured)[verb]
  if (!seen) return null
  if (seen.kind !== 'fail-once' && seen.times === undefined) return seen
  return lock.hold(10_000, null, () => {
    const faults = current(dir, configured)
    const fault = faults[verb]
    if (!fault) return null
    const left = (fault.times ?? (fault.kind === 'fail-once' ? 1 : Infinity)) - 1
    const { [verb]: _used, ...others } = faults
    write(
      dir,
      left > 0 ? { ...others, [verb]: left === Infinity ? fault : { ...fault, times: left } } : others,
    )
    return fault
  })
}

function current(dir: string, configured: Faults): Faults {
  let text: string
  try {
    text = readFileSync(join(dir, fileName), 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return configured
    throw error
  }
  const faults: unknown = JSON.parse(text)
  const [problem] = Value.Errors(faultsSchema, faults)
  if (problem) throw new Error(`${fileName}: ${problem.instancePath || '/'} ${problem.message}`)
  return faults as Faults
}

function write(dir: string, faults: Faults): void {
  const draft = join(dir, `.${fileName}.${process.pid}.tmp`)
  writeFileSync(draft, JSON.stringify(faults), { mode: 0o600 })
  renameSync(draft, join(dir, fileName))
}
