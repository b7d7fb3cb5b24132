/** A directory as the rest of this folder needs it: the configuration over its preset, checked, files read, filters parsed. */
import { readFileSync } from 'node:fs'
import { FilterParser, type Filter } from 'ldapts'
import type { LdapSettings, MappedGroupSettings } from '../../../config/ldap.ts'
import { parseDn } from './dn.ts'
import { presets, type PresetValues } from './presets.ts'

export interface LdapOptions {
  readonly urls: readonly string[]
  readonly startTls: boolean
  readonly tls: TlsFiles
  /** Null = nobody, or the certificate. */
  readonly service: { readonly dn: string; readonly password: string } | null
  readonly timeoutMs: number
  readonly connections: number
  readonly pageSize: number
  readonly maxResults: number
  readonly cacheUs: number
  readonly outageUs: number
  readonly cacheSize: number
  readonly writable: boolean
  readonly users: UserOptions
  /** Null where there are no groups. */
  readonly groups: GroupOptions | null
  readonly map: readonly MappedGroupSettings[]
}

export interface TlsFiles {
  readonly verify: boolean
  readonly ca: Buffer | null
  readonly cert: Buffer | null
  readonly key: Buffer | null
}

interface Place {
  readonly base: string
  readonly scope: 'one' | 'sub'
  /** What everybody there satisfies besides their classes. */
  readonly filter: Filter | null
  readonly classes: readonly string[]
  readonly name: string
  readonly id: string
  /** Empty = none. */
  readonly description: string
}

export interface UserOptions extends Place {
  /** With `{name}`; null = search. */
  readonly dnTemplate: string | null
  readonly mail: string
  readonly enabled: {
    readonly attribute: string
    readonly mask: number
    readonly invert: boolean
    /** DN; null = none. */
    readonly group: string | null
  }
  readonly passwordChanged: string
}

export interface GroupOptions extends Place {
  readonly member: string
  readonly membersAre: 'dn' | 'name'
  readonly nested: 'no' | 'walk' | 'in-chain'
  readonly depth: number
  readonly primary: 'no' | 'sid' | 'gid'
}

/** Throws a sentence that names the option; `table` is its place, `auth.ldap`. */
export function ldapOptions(settings: LdapSettings, table: string): LdapOptions {
  const problem = (option: string, what: string): Error => new Error(`${table}.${option} ${what}`)
  const dn = (option: keyof LdapSettings, text: string): string => {
    if (text !== '' && parseDn(text) === null) throw problem(option, `is no DN: ${text}`)
    return text
  }
  const filter = (option: keyof LdapSettings, text: string): Filter | null => {
    if (text === '') return null
    try {
      return FilterParser.parseString(text)
    } catch (error) {
      throw new Error(`${table}.${option} is no filter: ${text}`, { cause: error })
    }
  }
  if (settings.urls.length === 0) throw problem('urls', 'must name a server')
  if (settings.user_base === '') throw problem('user_base', 'must be given')
  const template = settings.user_dn_template
  if (template !== '' && (template.split('{name}').length !== 2 || parseDn(template) === null)) {
    throw problem('user_dn_template', 'must be a DN with {name} in it once')
  }
  if ((settings.cert_file === '') !== (settings.cert_key_file === '')) {
    throw problem('cert_file', 'and cert_key_file must be given together')
  }
  if (settings.bind_dn !== '' && settings.bind_password === '') {
    // A bind with a name and no password is nobody's, whatever the server answers (RFC 4513, 5.1.2).
    throw problem('bind_password', 'must be given with bind_dn')
  }
  if (settings.writable && settings.preset === 'active-directory') {
    throw problem('writable', 'is not possible with Active Directory, whose passwords are set in another way')
  }
  const chosen: PresetValues = { ...presets[settings.preset], ...given(settings) }
  if (chosen.user_id_attribute === '' || chosen.user_name_attribute === '') {
    throw problem('user_id_attribute', 'and user_name_attribute must be given')
  }
  for (const [at, { group, project, domain, system }] of settings.map.entries()) {
    const targets = [project, domain, system === true ? 'all' : undefined].filter((one) => one !== undefined)
    if (targets.length !== 1)
      throw problem(`map[${at}]`, `(${group}) must name one of project, domain and system`)
  }
  const groups = settings.group_base !== ''
  return {
    urls: settings.urls,
    startTls: settings.start_tls,
    tls: {
      verify: settings.verify,
      ca: read(problem, 'ca_file', settings.ca_file),
      cert: read(problem, 'cert_file', settings.cert_file),
      key: read(problem, 'cert_key_file', settings.cert_key_file),
    },
    service: settings.bind_dn === '' ? null : { dn: settings.bind_dn, password: settings.bind_password },
    timeoutMs: settings.timeout_s * 1000,
    connections: settings.connections,
    pageSize: settings.page_size,
    maxResults: settings.max_results,
    cacheUs: settings.cache_s * 1_000_000,
    outageUs: Math.max(settings.outage_s, settings.cache_s) * 1_000_000,
    cacheSize: settings.cache_size,
    writable: settings.writable,
    users: {
      base: dn('user_base', settings.user_base),
      scope: settings.user_scope,
      filter: filter('user_filter', settings.user_filter),
      classes: chosen.user_object_classes,
      dnTemplate: template === '' ? null : template,
      name: chosen.user_name_attribute,
      id: chosen.user_id_attribute,
      mail: chosen.user_mail_attribute,
      description: chosen.user_description_attribute,
      enabled: {
        attribute: chosen.user_enabled_attribute,
        mask: chosen.user_enabled_mask,
        invert: chosen.user_enabled_invert,
        group:
          settings.user_enabled_group === '' ? null : dn('user_enabled_group', settings.user_enabled_group),
      },
      passwordChanged: chosen.user_password_changed_attribute,
    },
    groups: !groups
      ? null
      : {
          base: dn('group_base', settings.group_base),
          scope: settings.group_scope,
          filter: filter('group_filter', settings.group_filter),
          classes: chosen.group_object_classes,
          name: chosen.group_name_attribute,
          id: chosen.group_id_attribute,
          description: chosen.group_description_attribute,
          member: chosen.group_member_attribute,
          membersAre: chosen.group_members_are,
          nested: chosen.nested_groups,
          depth: settings.nested_depth,
          primary: chosen.primary_group,
        },
    map: settings.map,
  }
}

/** What the configuration says itself. */
const given = (settings: LdapSettings): Partial<PresetValues> =>
  Object.fromEntries(
    Object.entries(settings).filter(([, value]) => value !== undefined),
  ) as Partial<PresetValues>

function read(problem: (option: string, what: string) => Error, option: string, file: string): Buffer | null {
  if (file === '') return null
  try {
    return readFileSync(file)
  } catch (error) {
    throw problem(option, `can't be read: ${error instanceof Error ? error.message : String(error)}`)
  }
}
