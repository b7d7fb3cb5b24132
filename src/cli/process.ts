/** Joins the command line to this process: arguments, streams, Ctrl-C. */
import { runCli } from './main.ts'

export async function runFromProcess(): Promise<number> {
  const stop = new AbortController()
  // The first Ctrl-C ends the wait with a sentence; a second one ends the process at once.
  process.once('SIGINT', () => stop.abort())
  // `manila share list | head -1` closes the pipe early: nothing is wrong then.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0)
    throw error
  })
  return runCli({
    argv: process.argv.slice(2),
    env: process.env,
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    columns: process.stderr.isTTY ? process.stderr.columns : null,
    signal: stop.signal,
  })
}
