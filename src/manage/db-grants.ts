/** `db grants`: the statements that give each service's own user what it needs, and no more. */
import { grantedServices, grantsOf, type GrantedService } from '../db/grants.ts'
import { grantStatements, runGrants } from '../db/grant-statements.ts'
import { isBackendLabel, rowPolicies } from '../db/row-policies.ts'
import { withStore } from './database.ts'
import { Usage, type Verb } from './verb.ts'

export const dbGrants: Verb = {
  name: 'db grants',
  summary: "print what the database must allow each service's own user",
  help: `The GRANT statements for a user of the database server that was made before, by the tables of this release; run it again after every
db sync. With --apply they are run, as the user of [database] url, who must own the tables. Share nodes get nothing of users,
projects and credentials. With --backends on PostgreSQL the user of a share node writes the rows of those backends and no others;
run what is printed in one transaction (psql -1), as --apply does.`,
  options: [
    { name: 'service', value: 'S', help: `one of ${grantedServices.join(', ')}` },
    { name: 'user', value: 'U', help: 'the user of the database (default manila_<service>)' },
    {
      name: 'backends',
      value: 'LABELS',
      help: 'with --service share on PostgreSQL: host@backend,… whose rows alone the user may write',
    },
    { name: 'apply', help: 'run the statements' },
  ],
  run: ({ options, settings }) => {
    const service = grantedServices.find((one) => one === options.service)
    if (service === undefined) throw new Usage(`--service is one of ${grantedServices.join(', ')}`)
    const user = options.user ?? `manila_${service}`
    if (!/^[A-Za-z_][A-Za-z0-9_]{0,62}$/.test(user)) throw new Usage('--user is letters, digits and _')
    const backends = options.backends?.split(',')
    if (backends !== undefined && service !== 'share') throw new Usage('--backends goes with --service share')
    const wrong = backends?.find((label) => !isBackendLabel(label))
    if (wrong !== undefined) throw new Usage(`--backends is host@backend,…: ${JSON.stringify(wrong)} is none`)
    return withStore(settings(), 'current', async (store) => {
      if (store.dialect.singleProcess) throw new Usage('a SQLite file has no users')
      if (backends !== undefined && !store.dialect.hasRowPolicies)
        throw new Usage('this database can not keep a user to some rows of a table: leave --backends out')
      const statements = [
        ...(await grantStatements(store, service satisfies GrantedService, user, grantsOf)),
        ...(backends === undefined ? [] : rowPolicies(user, backends)),
      ]
      if (options.apply === true) await runGrants(store, statements)
      return { code: 0, data: statements, text: statements.map((one) => `${one};\n`).join('') }
    })
  },
}
