/**
 * Small text files in the backend's own directory, where no client's file system reaches: what they say decides what is
 * renamed and reverted. Each is replaced atomically by a child that checks the fence first.
 */
import { fileURLToPath } from 'node:url'
import { isAbsent } from '../../host/commands.ts'
import { writeFile } from '../../host/write-file.ts'
import type { Commands } from '../../host/commands.ts'
import type { Layout } from './layout.ts'

const moveScript = fileURLToPath(new URL('move-records.pl', import.meta.url))

/** Makes the folder of records, and brings in what a release before kept in the pool. */
export async function prepareRecords(
  commands: Commands,
  { records, oldRecords }: Pick<Layout, 'records' | 'oldRecords'>,
): Promise<void> {
  await commands.change(['mkdir', '-p', '-m', '0700', '--', records])
  await commands.change(['perl', moveScript, oldRecords, records])
}

/** The fields of the record in `file`; null when there is none. */
export async function readRecord(commands: Commands, file: string): Promise<Record<string, string> | null> {
  try {
    const { stdout } = await commands.look(['cat', '--', file])
    const parsed: unknown = JSON.parse(stdout)
    if (typeof parsed !== 'object' || parsed === null) return null
    return Object.fromEntries(Object.entries(parsed).map(([key, value]) => [key, String(value)]))
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

/** Replaces the record in `file`; a reader sees the old one or the new one, also after a crash. */
export async function writeRecord(
  commands: Commands,
  file: string,
  fields: Readonly<Record<string, string>>,
): Promise<void> {
  await writeFile(commands, file, `${JSON.stringify(fields)}\n`)
}

/** Removes records; those that aren't there are fine. */
export async function removeRecords(commands: Commands, files: readonly string[]): Promise<void> {
  await commands.change(['rm', '-f', '--', ...files])
}
