/**
 * The README's first command: from nothing to a share that a file was written to and read back from over NFS, each step
 * shown as it happens. Then it keeps serving until Ctrl-C (`--once`: it stops).
 */
import { run } from './run.ts'

process.exitCode = await run(process.argv.slice(2))
