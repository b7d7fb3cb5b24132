/**
 * Where the exported trees of a project are mounted: below a folder of its own, so that a server of that project can be
 * given these mounts and no others.
 */
import { hash } from 'node:crypto'

/** What Keystone and this service make: hexadecimal, with or without dashes. */
const usual = /^[0-9a-f][0-9a-f-]{0,63}$/

/** One safe path element, the same for the same project; an id of any other form is hashed. */
export function projectFolder(projectId: string): string {
  return usual.test(projectId) ? projectId : hash('sha256', projectId, 'hex')
}
