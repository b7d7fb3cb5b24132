/**
 * The README's first command: from nothing to a share that a file was written to and read back from over NFS, each step
 * shown as it happens. Then it keeps serving until Ctrl-C (`--once`: it stops).
 */
import { run } from './run.ts'

// At once: who was interrupted in the middle of the demonstration would wait for what it still waits for.
process.exit(await run(process.argv.slice(2)))
