/** `identity import`: people of an LDIF file, or everything of a running Keystone. */
import { statSync } from 'node:fs'
import { directoriesOf } from '../../auth/open.ts'
import type { Settings } from '../../config/schema.ts'
import { systemClock } from '../../runtime/clock.ts'
import { withAuth } from '../database.ts'
import { Importer } from '../import/importer.ts'
import { KeystoneSource } from '../import/keystone-source.ts'
import { LdifError } from '../import/ldif.ts'
import { ldifPresets, LdifSource, type LdifReading } from '../import/ldif-source.ts'
import { Report } from '../import/report.ts'
import type { Source } from '../import/wanted.ts'
import { Problem, Usage, type Answer, type Call, type Verb } from '../verb.ts'
import { domainOf } from './lookup.ts'

const presetNames = Object.keys(ldifPresets).join(', ')

export const identityImport: Verb = {
  name: 'identity import',
  summary: 'bring users, groups, projects and roles from LDIF or a Keystone',
  help: `Prints what it would do: every thing to make or to change and every conflict. With --apply it is done, in small transactions; run again
after an end it goes on, and run twice it changes nothing. Nothing is ever deleted.

--from-ldif FILE --domain D brings users and groups of a directory's dump (slapcat, ldapsearch, ldifde) into the domain D of the database.
They get the ids that they had as users of that directory in [auth.domains.D]. Of passwords only argon2id hashes come along; who needs a
new one is listed. Without --preset the options of [auth.domains.D.ldap] say how entries are read, or openldap's.

--from-keystone reads the Keystone of OS_* variables or clouds.yaml as an administrator: domains, projects, users, groups and roles with their
ids, and who holds what where. Passwords can't be read; who needs a new one is listed. Users of a domain that is in a directory here are
matched by name. A secret is never taken from the command line.

Exit 1 when something else is in the place of what would be made.`,
  options: [
    { name: 'from-ldif', value: 'FILE', help: 'a dump of a directory' },
    { name: 'from-keystone', help: 'a running Keystone' },
    { name: 'domain', value: 'D', help: 'where users of the LDIF file go, by name or id' },
    { name: 'preset', value: 'KIND', help: `kind of directory: ${presetNames}` },
    { name: 'os-cloud', value: 'NAME', help: 'which cloud of clouds.yaml' },
    { name: 'apply', help: 'do it' },
  ],
  run(call) {
    const { 'from-ldif': file, 'from-keystone': keystone } = call.options
    if ((file === undefined) === (keystone !== true)) {
      throw new Usage('identity import needs one of --from-ldif and --from-keystone')
    }
    return file === undefined ? fromKeystone(call) : fromLdif(call, file)
  },
}

async function fromLdif(call: Call, file: string): Promise<Answer> {
  const { domain: word, preset, 'os-cloud': cloud } = call.options
  if (word === undefined) throw new Usage('identity import --from-ldif needs --domain')
  if (cloud !== undefined) throw new Usage('--os-cloud goes with --from-keystone')
  if (preset !== undefined && !Object.hasOwn(ldifPresets, preset)) {
    throw new Usage(`--preset is one of ${presetNames}`)
  }
  checkFile(file)
  const settings = call.settings()
  return withAuth(settings, 'current', async (auth, store) => {
    const { id, name, description, enabled } = await domainOf(auth, word)
    if (isDirectoryOf(settings)({ id, name })) {
      throw new Problem(
        `users of ${name} are in a directory: set the backend of its domain to "db" first, then they can be brought into the database`,
      )
    }
    const reading = readingOf(settings, name, preset)
    const source = new LdifSource(file, { id, name, description, enabled: enabled === 1 }, reading)
    const answer = await imported(call, settings, { auth, store }, source, file)
    if (source.size.people > 0) return answer
    const classes = reading.user_object_classes.join(' and ')
    throw new Problem(
      `none of ${source.size.entries} entries is a user (${classes}${reading.user_base === '' ? '' : ` below ${reading.user_base}`}): choose another --preset (${presetNames})`,
    )
  })
}

async function fromKeystone(call: Call): Promise<Answer> {
  const { domain, preset, 'os-cloud': cloud } = call.options
  if (domain !== undefined || preset !== undefined) {
    throw new Usage('--domain and --preset go with --from-ldif')
  }
  const settings = call.settings()
  return withAuth(settings, 'current', async (auth, store) => {
    const reader = await call.world.keystone(cloud)
    return imported(call, settings, { auth, store }, await KeystoneSource.read(reader), reader.url)
  })
}

async function imported(
  call: Call,
  settings: Settings,
  parts: Pick<ConstructorParameters<typeof Importer>[0], 'auth' | 'store'>,
  source: Source,
  name: string,
): Promise<Answer> {
  const apply = call.options.apply === true
  const report = new Report()
  const isDirectory = isDirectoryOf(settings)
  const importer = new Importer({ ...parts, clock: systemClock(), apply, report, isDirectory })
  try {
    await importer.run(source)
  } catch (error) {
    if (error instanceof LdifError) throw new Problem(`${name}: ${error.message}`, { cause: error })
    throw error
  }
  return {
    code: report.conflicts > 0 ? 1 : 0,
    data: report.toJson(name, apply),
    text: report.toText(name, apply),
  }
}

/** Whether the configuration has the users of this domain in a directory. */
function isDirectoryOf({
  auth,
}: Settings): (domain: { readonly id: string; readonly name: string }) => boolean {
  const refs = directoriesOf(auth).map(({ ref }) => ref)
  return ({ id, name }) => refs.some((ref) => ('id' in ref ? ref.id === id : ref.name === name))
}

/** How entries are read: as the preset says, or the table of the domain, or OpenLDAP. */
function readingOf({ auth }: Settings, domain: string, preset: string | undefined): LdifReading {
  const everywhere = { user_base: '', group_base: '' }
  if (preset !== undefined) return { ...ldifPresets[preset as keyof typeof ldifPresets], ...everywhere }
  const table = Object.hasOwn(auth.domains, domain) ? auth.domains[domain]?.ldap : undefined
  if (table === undefined) return { ...ldifPresets.openldap, ...everywhere }
  const written = Object.entries(table).filter(
    ([name, value]) => value !== undefined && Object.hasOwn(ldifPresets.openldap, name),
  )
  return {
    ...ldifPresets[table.preset],
    ...(Object.fromEntries(written) as Partial<LdifReading>),
    user_base: table.user_base,
    group_base: table.group_base,
  }
}

/** It is read twice, which only a file can be. */
function checkFile(file: string): void {
  try {
    if (!statSync(file).isFile()) throw new Problem(`${file} is no file`)
  } catch (error) {
    if (error instanceof Problem) throw error
    throw new Problem(`the LDIF file can't be read: ${(error as Error).message}`, { cause: error })
  }
}
