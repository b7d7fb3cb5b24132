/** What bodies and queries must look like. Unknown fields of resources are ignored, as Keystone's extras are. */
import Type from 'typebox'
import { maxPasswordBytes } from '../../auth/passwords.ts'
import { EmailText, LongText, PlaceName, RoleName, UserName as Name } from '../../wire/identity-fields.ts'
import { Nullable, Optional, RequiredText, Text } from '../../wire/types.ts'

const Filter = Optional(Text(1024))

export const ListQuery = Type.Object({
  limit: Optional(Type.String({ pattern: '^[1-9][0-9]{0,8}$', says: 'a whole number above 0' })),
  name: Filter,
  domain_id: Filter,
  parent_id: Filter,
  is_domain: Filter,
  enabled: Filter,
  user_id: Filter,
  type: Filter,
  region_id: Filter,
  service_id: Filter,
  interface: Filter,
  'user.id': Filter,
  'group.id': Filter,
  'role.id': Filter,
  'scope.project.id': Filter,
  'scope.domain.id': Filter,
  'scope.system': Filter,
  effective: Filter,
  include_names: Filter,
})

const Id = RequiredText(64)
const Secret = Type.String({
  maxLength: maxPasswordBytes,
  says: `a string of at most ${maxPasswordBytes} characters`,
})
const NewPassword = Type.String({
  minLength: 1,
  maxLength: maxPasswordBytes,
  says: `a string of 1 to ${maxPasswordBytes} characters`,
})
const Flag = Type.Boolean({ says: 'a boolean' })

export const DomainRef = Type.Object(
  { id: Optional(Id), name: Optional(Name) },
  { says: 'an object with id or name' },
)
export const UserRef = Type.Object(
  { id: Optional(Id), name: Optional(Name), domain: Optional(DomainRef) },
  { says: 'an object with id, or name and domain' },
)
const ProjectRef = Type.Object(
  { id: Optional(Id), name: Optional(Name), domain: Optional(DomainRef) },
  { says: 'an object with id, or name and domain' },
)

export const AuthBody = Type.Object({
  auth: Type.Object({
    identity: Type.Object({
      methods: Type.Array(Text(64), { minItems: 1, maxItems: 8, says: 'a list of method names' }),
      password: Optional(
        Type.Object({ user: Type.Evaluate(Type.Intersect([UserRef, Type.Object({ password: Secret })])) }),
      ),
      token: Optional(Type.Object({ id: Text(4096) })),
      application_credential: Optional(
        Type.Object({
          id: Optional(Id),
          name: Optional(Name),
          user: Optional(UserRef),
          secret: Secret,
        }),
      ),
    }),
    scope: Optional(
      Type.Union(
        [
          Type.Literal('unscoped'),
          Type.Object({
            unscoped: Optional(Type.Object({})),
            project: Optional(ProjectRef),
            domain: Optional(DomainRef),
            system: Optional(Type.Object({ all: Type.Literal(true) })),
          }),
        ],
        { says: '"unscoped" or an object with one of project, domain and system' },
      ),
    ),
  }),
})

export const NewProject = Type.Object({
  project: Type.Object({
    name: PlaceName,
    description: Optional(Nullable(LongText)),
    domain_id: Optional(Nullable(Id)),
    parent_id: Optional(Nullable(Id)),
    enabled: Optional(Flag),
    is_domain: Optional(Flag),
    tags: Optional(Type.Array(Text())),
  }),
})
export const ProjectChange = Type.Object({
  project: Type.Object({
    name: Optional(PlaceName),
    description: Optional(Nullable(LongText)),
    domain_id: Optional(Id),
    enabled: Optional(Flag),
    tags: Optional(Type.Array(Text())),
  }),
})

const userFields = {
  description: Optional(Nullable(LongText)),
  email: Optional(Nullable(EmailText)),
  domain_id: Optional(Nullable(Id)),
  default_project_id: Optional(Nullable(Id)),
  enabled: Optional(Flag),
  password: Optional(Nullable(NewPassword)),
}
export const NewUser = Type.Object({ user: Type.Object({ name: Name, ...userFields }) })
export const UserChange = Type.Object({ user: Type.Object({ name: Optional(Name), ...userFields }) })
export const PasswordChange = Type.Object({
  user: Type.Object({ original_password: Secret, password: NewPassword }),
})

export const NewGroup = Type.Object({
  group: Type.Object({
    name: PlaceName,
    description: Optional(Nullable(LongText)),
    domain_id: Optional(Nullable(Id)),
  }),
})
export const GroupChange = Type.Object({
  group: Type.Object({ name: Optional(PlaceName), description: Optional(Nullable(LongText)) }),
})

export const NewRole = Type.Object({
  role: Type.Object({
    name: RoleName,
    description: Optional(Nullable(LongText)),
    domain_id: Optional(Type.Null({ says: 'absent: roles belong to no domain here' })),
  }),
})

export const NewCredential = Type.Object({
  application_credential: Type.Object({
    name: Name,
    description: Optional(Nullable(LongText)),
    secret: Optional(
      Nullable(Type.String({ minLength: 8, maxLength: 255, says: 'a string of 8 to 255 characters' })),
    ),
    expires_at: Optional(Nullable(Text(64))),
    unrestricted: Optional(Nullable(Flag)),
    roles: Optional(
      Nullable(Type.Array(Type.Object({ id: Optional(Id), name: Optional(Name) }), { maxItems: 50 })),
    ),
    access_rules: Optional(
      Nullable(
        Type.Array(
          Type.Object({
            path: Type.String({ pattern: '^/', maxLength: 128, says: 'a path of at most 128 characters' }),
            method: Type.Union(
              ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => Type.Literal(method)),
              { says: 'one of GET, HEAD, POST, PUT, PATCH, DELETE' },
            ),
            service: RequiredText(64),
          }),
          { maxItems: 100 },
        ),
      ),
    ),
  }),
})
