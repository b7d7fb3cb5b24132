/**
 * Who may, as Manila's base rules have it: a kind of rule each, from which follows what each persona is answered. What is expected is
 * worked out here and in the rows, by hand from what is known of the original; nothing of it comes from the service under test.
 */
import type { Persona } from './cast.ts'
import type { Target } from './furniture.ts'

/** What the object is to who asks: of the own project, of another one, or of another one that shows it to everybody. */
export type Relation = 'own' | 'foreign' | 'open'

/** `ok`, or the status of the refusal. */
export type Verdict = 'ok' | number

export interface Rule {
  /** As the document names it. */
  readonly name: string
  /** One sentence for the document. */
  readonly says: string
  readonly verdict: (persona: Persona, relation: Relation, target: Target, foreign: number) => Verdict
}

const projectOf: Readonly<Partial<Record<Persona, Target>>> = {
  manager: 'p',
  member: 'p',
  reader: 'p',
  auditor: 'p',
  other: 'q',
}

/** What the object of `target` is to the persona; what has no target is its own. */
export function relationOf(persona: Persona, target: Target | null): Relation {
  if (target === null) return 'own'
  const project = projectOf[persona]
  if (target === 'public') return project === 'q' ? 'own' : 'open'
  return project === target ? 'own' : 'foreign'
}

/** Who passes no rule at all. */
function outside(persona: Persona): Verdict | null {
  if (persona === 'nobody') return 401
  // Whoever is scoped to no project passes no rule.
  return persona === 'unscoped' || persona === 'domain' ? 403 : null
}
const isAdmin = (persona: Persona): boolean => persona === 'admin' || persona === 'elsewhere'

function inProject(roles: readonly Persona[], open: Verdict): Rule['verdict'] {
  return (persona, relation, _target, foreign) => {
    const out = outside(persona)
    if (out !== null) return out
    if (isAdmin(persona)) return 'ok'
    // The role is looked at first: whoever lacks it learns nothing of the object.
    if (!roles.includes(persona)) return 403
    return relation === 'own' ? 'ok' : relation === 'foreign' ? foreign : open
  }
}

const readers: readonly Persona[] = ['manager', 'member', 'reader', 'other']
const members: readonly Persona[] = ['manager', 'member', 'other']

export const reader: Rule = {
  name: 'reader',
  says: 'administrators, and readers or more in the project; what is public, readers of every project',
  verdict: inProject(readers, 'ok'),
}

/** A public share does not show everything. */
export const readerOfOwn: Rule = {
  name: 'reader of its own',
  says: 'administrators, and readers or more in the project that owns it, public or not',
  verdict: inProject(readers, 403),
}

export const member: Rule = {
  name: 'member',
  says: 'administrators, and members or more in the project that owns it',
  verdict: inProject(members, 403),
}

export const admin: Rule = {
  name: 'admin',
  says: 'administrators of any project',
  verdict: (persona) => outside(persona) ?? (isAdmin(persona) ? 'ok' : 403),
}

export const anyToken: Rule = {
  name: 'any token',
  says: 'whoever has a valid token; Manila has no rule for it',
  verdict: (persona) => (persona === 'nobody' ? 401 : 'ok'),
}

export const anybody: Rule = { name: 'anybody', says: 'also without a token', verdict: () => 'ok' }

const withServices =
  (rule: Rule): Rule['verdict'] =>
  (persona, ...rest) =>
    persona === 'service' ? 'ok' : rule.verdict(persona, ...rest)

export const readerOrService: Rule = {
  name: 'reader or service',
  says: 'services and administrators, and readers or more in the project',
  verdict: withServices(reader),
}

export const memberOrService: Rule = {
  name: 'member or service',
  says: 'services and administrators, and members or more in the project',
  verdict: withServices(member),
}

const makers: Readonly<Record<Target, Persona>> = { p: 'member', q: 'other', public: 'other' }

export const ownerOrService: Rule = {
  name: 'its maker or service',
  says: 'services and administrators, and the user who made it, whatever the role',
  verdict: (persona, relation, target, foreign) => {
    const out = outside(persona)
    if (out !== null) return out
    if (isAdmin(persona) || persona === 'service' || makers[target] === persona) return 'ok'
    return relation === 'own' ? 403 : foreign
  },
}

// ------------------------------------------------------------------------------------------------- the identity face

/** Accounts of the cast whom `{user}` stands for: a member's token without a project is the member's too. */
const selves: Readonly<Record<Target, readonly Persona[]>> = {
  p: ['member', 'unscoped'],
  q: ['other'],
  public: ['other'],
}

const known =
  (may: (persona: Persona, target: Target) => boolean, others: Verdict = 403): Rule['verdict'] =>
  (persona, _relation, target) =>
    persona === 'nobody' ? 401 : may(persona, target) ? 'ok' : others

export const identityAdmin: Rule = {
  name: 'identity admin',
  says: 'administrators of any project, of every domain; with a token of the project, not of the domain',
  verdict: known(isAdmin),
}

export const self: Rule = {
  name: 'self',
  says: 'the user, with whatever token, and administrators',
  verdict: known((persona, target) => isAdmin(persona) || selves[target].includes(persona)),
}

export const selfOrService: Rule = {
  name: 'self or service',
  says: 'the user, administrators, and services, which check tokens that others hand them',
  verdict: known(
    (persona, target) => isAdmin(persona) || persona === 'service' || selves[target].includes(persona),
  ),
}

export const selfInProject: Rule = {
  name: 'self, in a project',
  says: 'the user alone, with a token of a project: what is made stands for that project',
  verdict: (persona, _relation, target) => {
    if (persona === 'nobody') return 401
    return persona === makers[target] ? 'ok' : 403
  },
}

const holders: Readonly<Record<Target, readonly Persona[]>> = {
  p: ['manager', 'member', 'reader', 'auditor', 'unscoped'],
  q: ['other'],
  public: ['other'],
}

export const holder: Rule = {
  name: 'holder',
  says: 'whoever has a role on the project, with whatever token, and administrators',
  verdict: known((persona, target) => isAdmin(persona) || holders[target].includes(persona), 404),
}

export const ofDomain: Rule = {
  name: 'of the domain',
  says: 'administrators, and whoever is of the domain or has a token for it',
  verdict: (persona) => (persona === 'nobody' ? 401 : 'ok'),
}
