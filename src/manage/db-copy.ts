/** `db copy`: from one SQLite file to a server that several nodes share. */
import { typedUrlProblem } from '../config/plaintext.ts'
import { copyDatabase } from '../db/copy.ts'
import { openStore } from '../db/open.ts'
import { columns } from './columns.ts'
import { Problem, Usage, type Verb } from './verb.ts'

export const dbCopy: Verb = {
  name: 'db copy',
  summary: 'copy a whole deployment into an empty database of another kind',
  help: `Makes the schema in the target, copies every table, and compares every row afterwards. The source must not be served: stop the
service first (a SQLite file that is in use refuses by itself). The target must have no rows. The source is not changed.
Then set [database] url to the target and start the services.`,
  options: [
    { name: 'from', value: 'URL', help: 'where the deployment is: sqlite:/path/manila.db' },
    { name: 'to', value: 'URL', help: 'where it goes: postgres://… or mariadb://…' },
  ],
  async run({ options: { from, to }, settings }) {
    if (from === undefined || to === undefined) throw new Usage('db copy needs --from URL and --to URL')
    const inClear = typedUrlProblem('--from', from) ?? typedUrlProblem('--to', to)
    if (inClear !== null && !settings().database.allow_plaintext) throw new Usage(inClear)
    const source = await openStore(from)
    const target = await openStore(to)
    try {
      const copied = (await copyDatabase(source, target)).filter(({ rows }) => rows > 0)
      return {
        code: 0,
        data: copied,
        text: `${columns(
          ['TABLE', 'ROWS'],
          copied.map(({ table, rows }) => [table, rows]),
        )}every row is there\n`,
      }
    } catch (error) {
      throw new Problem(error instanceof Error ? error.message : String(error), { cause: error })
    } finally {
      await Promise.all([source.close(), target.close()])
    }
  },
}
