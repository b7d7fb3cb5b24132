/** Writes small files of the host, under the fence of the call that they are written for. */
import { fileURLToPath } from 'node:url'
import type { Commands } from './commands.ts'

const script = fileURLToPath(new URL('write-file.pl', import.meta.url))

/** Replaces a file, so that a reader sees the old or the new one whole; it is its owner's alone. Throws what `Exec` throws. */
export async function writeFile(commands: Commands, path: string, content: string): Promise<void> {
  await commands.change(['perl', script, path], { input: content })
}
