/** Joins the command line to this process: arguments, streams, Ctrl-C. */
import { exitCodes } from './exit-codes.ts'

/** Between Ctrl-C and the end of the process, for the sentence to be written. */
const graceMs = 500

export async function runFromProcess(): Promise<number> {
  const stop = new AbortController()
  // A wait ends with a sentence about what goes on at the server; whatever else is under way is not waited for.
  process.once('SIGINT', () => {
    stop.abort()
    setTimeout(() => process.exit(exitCodes.interrupted), graceMs).unref()
  })
  // `manila share list | head -1` closes the pipe early: nothing is wrong then.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  const { runCli } = await import('./main.ts')
  return runCli({
    argv: process.argv.slice(2),
    env: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    columns: process.stderr.isTTY ? process.stderr.columns : null,
    signal: stop.signal,
  })
}
