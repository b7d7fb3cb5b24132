/** Looks for secrets wherever a deployment leaves something: files, rows, messages, what programs print. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { sql } from 'kysely'
import type { Store } from '../../src/db/open.ts'

/** By a name for people; the values are what must be nowhere. */
export type Secrets = ReadonlyMap<string, string>

/** `which secret: where`. */
export type Finding = string

/** As it may have been written: plain, in JSON, in a URL, in base64. */
function spellings(secret: string): Buffer[] {
  const json = JSON.stringify(secret).slice(1, -1)
  const base64 = Buffer.from(secret).toString('base64').replace(/=+$/, '')
  return [...new Set([secret, json, encodeURIComponent(secret), base64])].map((text) => Buffer.from(text))
}

export function inText(secrets: Secrets, where: string, text: string | Buffer): Finding[] {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return [...secrets]
    .filter(([, secret]) => spellings(secret).some((spelling) => bytes.includes(spelling)))
    .map(([name]) => `${name}: ${where}`)
}

/** Every byte of every file below, the database's and what it has deleted too; but for `own`, which are there to keep secrets. */
export function inFiles(
  secrets: Secrets,
  dir: string,
  own: readonly string[],
): { found: Finding[]; files: string[] } {
  const files: string[] = []
  const found = readdirSync(dir, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isFile() || own.includes(path) || !existsSync(path) || statSync(path).size === 0) return []
    files.push(path)
    return inText(secrets, path.slice(dir.length + 1), readFileSync(path))
  })
  return { found, files }
}

/** Every column of every row. */
export async function inRows({ db }: Store, secrets: Secrets): Promise<{ found: Finding[]; rows: number }> {
  const found: Finding[] = []
  let rows = 0
  for (const { name } of await db.introspection.getTables()) {
    const all = (await sql<Record<string, unknown>>`select * from ${sql.table(name)}`.execute(db)).rows
    rows += all.length
    for (const row of all)
      for (const [column, value] of Object.entries(row))
        if (value !== null) found.push(...inText(secrets, `table ${name}.${column}`, String(value)))
  }
  return { found: [...new Set(found)], rows }
}
