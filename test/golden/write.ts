/** `npm run golden`: writes what outsiders see as files, so that a review reads what a change does to it. */
import { writeFileSync } from 'node:fs'
import { documentOf, fileOf, keptMinors } from './openapi.ts'

for (const minor of keptMinors) writeFileSync(fileOf(minor), documentOf(minor))
