/** What a build was made of, in one word: another one when any of it changed. */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** The pages, what they use of the rest, and the libraries. */
const folders = ['dashboard', 'src/sdk', 'src/wire', 'src/model', 'tools/dashboard-build']
const files = ['package-lock.json']

/** Of the sources below `root`. Times say nothing: a checkout sets them anew. */
export function fingerprint(root: string): string {
  const hash = createHash('sha256')
  const add = (name: string): void => {
    const content = readFileSync(join(root, name))
    hash.update(`${name}\0${content.length}\0`).update(content)
  }
  for (const folder of folders) {
    if (!existsSync(join(root, folder))) continue
    const entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    const names = entries
      .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    for (const name of names.toSorted()) add(name)
  }
  for (const name of files) if (existsSync(join(root, name))) add(name)
  return hash.digest('hex')
}
