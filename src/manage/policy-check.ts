/** `policy check`: why somebody may do something, or not. */
import { defaultDomainId } from '../auth/bootstrap.ts'
import { impliedRoles } from '../auth/implied-roles.ts'
import { rolesHeld } from '../auth/role-book.ts'
import { visibleShare } from '../db/store/shares.ts'
import { everything } from '../db/store/scope.ts'
import type { Identity } from '../model/identity.ts'
import { Policy } from '../policy/enforce.ts'
import type { Explained } from '../policy/explain.ts'
import { systemClock } from '../runtime/clock.ts'
import { withAuth, withStore } from './database.ts'
import { listingOf } from './policy.ts'
import { Problem, Unusable, Usage, type Call, type Verb } from './verb.ts'

const scopes = ['project', 'domain', 'system'] as const

export const policyCheck: Verb = {
  name: 'policy check',
  operands: ['RULE'],
  summary: 'explain a decision: who may do what, and why',
  help: `Decides RULE as the API would, with the policy file, and shows the rule as a tree with what each part came to. The caller is either a
user of the Auth Manager (--user, with the roles that this user has in --project, both by name), or anybody with the roles of --role, and those that they
imply, in the project with the id --project. The target is the caller's own unless --share or --target says what it is. Exit 0 when it is allowed, 1 when it is refused,
3 when it can't be decided.`,
  options: [
    { name: 'user', value: 'NAME', help: 'a real user; needs --project' },
    { name: 'domain', value: 'NAME', help: 'domain of the user and the project; Default unless given' },
    { name: 'role', value: 'R', help: 'a role of an imagined caller; repeat it for several, "" for none' },
    { name: 'project', value: 'P', help: 'name of the project with --user, id of it with --role' },
    { name: 'scope', value: 'S', help: `what the token is for: ${scopes.join(', ')}; project unless given` },
    { name: 'share', value: 'ID', help: 'the target is this share, as the database has it' },
    { name: 'target', value: 'KEY=VALUE', help: 'an attribute of the target, as project_id=…; repeat it' },
  ],
  async run(call) {
    const [rule = ''] = call.operands
    const { rules, file } = listingOf(call)
    const known = rules.find(({ name }) => name === rule)
    if (known === undefined) throw new Unusable(`there is no rule ${JSON.stringify(rule)}: see policy list`)
    const caller = await undecided(() => callerOf(call))
    const target = await undecided(() => targetOf(call))
    const policy = new Policy({ clock: systemClock(), file })
    const { allowed, beforehand, tree } = policy.explain(rule, caller, target ?? undefined)
    const outcome = allowed ? 'allowed' : 'refused'
    const own = { project_id: caller.projectId, user_id: caller.userId }
    const lines = [
      `rule    ${rule}, from ${known.from === 'file' ? file : 'the defaults'}: ${known.about}`,
      `caller  user ${caller.userName}, project ${caller.projectId || '-'}, scope ${caller.scope}, ${caller.roles.length === 0 ? 'no roles' : `roles ${caller.roles.join(', ')}`}`,
      `target  ${pairs(target ?? own)}${target === null ? " (the caller's own)" : ''}`,
      ...(beforehand === null ? [] : [`false   ${beforehand}`]),
      ...(tree === null ? [] : drawn(tree, '')),
      outcome,
    ]
    return {
      code: allowed ? 0 : 1,
      data: {
        rule,
        allowed,
        from: known.from === 'file' ? file : 'default',
        caller: {
          user_id: caller.userId,
          user_name: caller.userName,
          project_id: caller.projectId,
          scope: caller.scope,
          roles: caller.roles,
        },
        target: target ?? own,
        beforehand,
        tree,
      },
      text: lines.map((line) => `${plain(line)}\n`).join(''),
    }
  },
}

const pairs = (target: Readonly<Record<string, unknown>>): string =>
  Object.entries(target)
    .map(([key, value]) => `${key}=${String(value)}`)
    .join(' ')

/** Names come from directories: what a terminal would obey is shown instead. */
const plain = (text: string): string => text.replaceAll(/\p{Cc}/gu, '?')

/** A line per part, each behind what it came to and deeper than what it is part of. */
function drawn({ text, passes, why, operands }: Explained, indent: string): string[] {
  const said = why === null ? '' : `  (${why})`
  return [
    `${passes ? 'true ' : 'false'}   ${indent}${text}${said}`,
    ...operands.flatMap((operand) => drawn(operand, `${indent}  `)),
  ]
}

async function callerOf(call: Call): Promise<Identity> {
  const { user, role: roles, project = '', scope = 'project', domain } = call.options
  if ((user === undefined) === (roles === undefined)) {
    throw new Usage('policy check needs either --user, a real one, or --role, what an imagined one has')
  }
  if (!(scopes as readonly string[]).includes(scope)) {
    throw new Usage(`--scope is one of ${scopes.join(', ')}, not ${JSON.stringify(scope)}`)
  }
  const identity = (who: {
    userId: string
    userName: string
    projectId: string
    roles: string[]
  }): Identity => ({
    ...who,
    userDomainId: defaultDomainId,
    projectName: project,
    projectDomainId: defaultDomainId,
    serviceRoles: [],
    scope: scope as Identity['scope'],
    auditId: '',
    expiresAt: 0,
  })
  if (user === undefined) {
    const given = (roles ?? []).map((name) => name.toLowerCase()).filter((name) => name !== '')
    return identity({ userId: 'nobody', userName: 'nobody', projectId: project, roles: withImplied(given) })
  }
  if (project === '') throw new Usage('--user needs --project: roles are held in a project')
  return withAuth(call.settings(), 'current', async (face, store) => {
    const found = domain === undefined ? null : await face.directory.findDomain({ name: domain })
    if (domain !== undefined && found === null) throw new Unusable(`there is no domain ${domain}`)
    const domainId = found?.id ?? defaultDomainId
    const account = await face.directory.users.findUser({ name: user, domainId })
    if (account === null) throw new Unusable(`there is no user ${user}`)
    const where = await face.directory.findProject({ name: project, domainId })
    if (where === null) throw new Unusable(`there is no project ${project}`)
    const { roles: held } = await rolesHeld(store.db, face.directory.users, account.id, {
      type: 'project',
      id: where.id,
    })
    return identity({
      userId: account.id,
      userName: account.name,
      projectId: where.id,
      roles: held.map(({ name }) => name.toLowerCase()),
    })
  })
}

function withImplied(given: readonly string[]): string[] {
  const roles = new Set(given)
  for (const [prior, implied] of impliedRoles) if (roles.has(prior)) roles.add(implied)
  return [...roles]
}

/** 1 says "refused", so what can't be decided ends otherwise. */
async function undecided<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
  } catch (error) {
    throw error instanceof Problem ? new Unusable(error.message, { cause: error }) : error
  }
}

/** Null: the caller's own. */
async function targetOf({ options, settings }: Call): Promise<Record<string, unknown> | null> {
  const { share: id, target = [] } = options
  const given = target.map((pair) => {
    const at = pair.indexOf('=')
    if (at < 1) throw new Usage(`--target is KEY=VALUE, not ${JSON.stringify(pair)}`)
    return [pair.slice(0, at), pair.slice(at + 1)] as const
  })
  if (id === undefined) return given.length === 0 ? null : Object.fromEntries(given)
  const share = await withStore(settings(), 'current', ({ db }) => visibleShare(db, everything, id))
  if (share === undefined) throw new Unusable(`there is no share ${id}`)
  return { project_id: share.project_id, user_id: share.user_id, ...Object.fromEntries(given) }
}
