/** Asks at the terminal without showing what is typed. */
import { Writable } from 'node:stream'
import { createInterface } from 'node:readline'
import { Problem } from './verb.ts'

/** One line, without its end. Throws a sentence where standard input is no terminal, or the question is left unanswered. */
export function askHidden(question: string): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new Problem(
      'there is no terminal to ask for a password at: use --password-file - and standard input',
    )
  }
  process.stderr.write(question)
  // Readline shows what is typed by writing it here.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() })
  const line = createInterface({ input: process.stdin, output: nowhere, terminal: true })
  return new Promise((resolve, reject) => {
    line.once('SIGINT', () => line.close())
    line.once('close', () => reject(new Problem('no password was given')))
    line.once('line', (typed) => {
      resolve(typed)
      line.close()
      process.stderr.write('\n')
    })
  })
}
