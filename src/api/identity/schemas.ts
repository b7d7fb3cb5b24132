/** What bodies and queries must look like. Unknown fields of resources are ignored, as Keystone's extras are. */
import Type from 'typebox'
import { accountOptions, type AccountOption } from '../../model/account-options.ts'
import { maxPasswordBytes } from '../../auth/passwords.ts'
import {
  EmailText,
  LongText,
  PlaceName,
  RoleName,
  TagText,
  UserName as Name,
} from '../../wire/identity-fields.ts'
import { maxTagsPerProject } from '../../auth/project-tree.ts'
import { Nullable, Optional, RequiredText, Text } from '../../wire/types.ts'

const Filter = Optional(Text(1024))

export const ListQuery = Type.Object({
  limit: Optional(Type.String({ pattern: '^[1-9][0-9]{0,8}$', says: 'a whole number above 0' })),
  marker: Filter,
  name: Filter,
  name__contains: Filter,
  name__icontains: Filter,
  name__startswith: Filter,
  name__istartswith: Filter,
  name__endswith: Filter,
  name__iendswith: Filter,
  name__iexact: Filter,
  tags: Filter,
  'tags-any': Filter,
  'not-tags': Filter,
  'not-tags-any': Filter,
  parents_as_list: Filter,
  parents_as_ids: Filter,
  subtree_as_list: Filter,
  subtree_as_ids: Filter,
  parent_region_id: Filter,
  service: Filter,
  path: Filter,
  method: Filter,
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
  'scope.OS-INHERIT:inherited_to': Filter,
  include_subtree: Filter,
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

const domainFields = { description: Optional(Nullable(LongText)), enabled: Optional(Flag) }
export const NewDomain = Type.Object({ domain: Type.Object({ name: PlaceName, ...domainFields }) })
export const DomainChange = Type.Object({
  domain: Type.Object({ name: Optional(PlaceName), ...domainFields }),
})

const Tags = Type.Array(TagText, {
  maxItems: maxTagsPerProject,
  says: `a list of at most ${maxTagsPerProject} tags`,
})
export const TagList = Type.Object({ tags: Tags })

export const NewProject = Type.Object({
  project: Type.Object({
    name: PlaceName,
    description: Optional(Nullable(LongText)),
    domain_id: Optional(Nullable(Id)),
    parent_id: Optional(Nullable(Id)),
    enabled: Optional(Flag),
    is_domain: Optional(Flag),
    tags: Optional(Tags),
  }),
})
export const ProjectChange = Type.Object({
  project: Type.Object({
    name: Optional(PlaceName),
    description: Optional(Nullable(LongText)),
    domain_id: Optional(Nullable(Id)),
    parent_id: Optional(Nullable(Id)),
    is_domain: Optional(Flag),
    enabled: Optional(Flag),
    tags: Optional(Tags),
  }),
})

/** What Keystone has besides is not known here and ignored, as its other extras are. */
const UserOptions = Type.Object(
  Object.fromEntries(accountOptions.map((name) => [name, Optional(Nullable(Flag))])) as Record<
    AccountOption,
    ReturnType<typeof Optional<ReturnType<typeof Nullable<typeof Flag>>>>
  >,
)

const userFields = {
  options: Optional(UserOptions),
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
export const RoleChange = Type.Object({
  role: Type.Object({ name: Optional(RoleName), description: Optional(Nullable(LongText)) }),
})

// ----------------------------------------------------------------------------------------------------------- catalog

const RegionId = Type.String({
  pattern: '^[\\w.-]{1,64}$',
  says: 'a string of 1 to 64 letters, digits, _, . and -',
})
const regionFields = {
  description: Optional(Nullable(LongText)),
  parent_region_id: Optional(Nullable(RegionId)),
}
export const NewRegion = Type.Object({ region: Type.Object({ id: Optional(RegionId), ...regionFields }) })
export const RegionChange = Type.Object({ region: Type.Object(regionFields) })

const serviceFields = {
  name: Optional(Text(255)),
  description: Optional(Nullable(LongText)),
  enabled: Optional(Flag),
}
export const NewService = Type.Object({ service: Type.Object({ type: Name, ...serviceFields }) })
export const ServiceChange = Type.Object({ service: Type.Object({ type: Optional(Name), ...serviceFields }) })

const Interface = Type.Union(
  (['public', 'internal', 'admin'] as const).map((kind) => Type.Literal(kind)),
  { says: 'one of public, internal, admin' },
)
const Url = Type.String({
  pattern: '^[A-Za-z][A-Za-z0-9+.-]*://[^\\s]+$',
  maxLength: 1023,
  says: 'a URL of at most 1023 characters',
})
const endpointFields = {
  region_id: Optional(Nullable(RegionId)),
  region: Optional(Nullable(RegionId)),
  enabled: Optional(Flag),
}
export const NewEndpoint = Type.Object({
  endpoint: Type.Object({ service_id: Id, interface: Interface, url: Url, ...endpointFields }),
})
export const EndpointChange = Type.Object({
  endpoint: Type.Object({
    service_id: Optional(Id),
    interface: Optional(Interface),
    url: Optional(Url),
    ...endpointFields,
  }),
})

// ------------------------------------------------------------------------------------------------------- credentials

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
            id: Optional(Id),
            path: Optional(
              Type.String({ pattern: '^/', maxLength: 128, says: 'a path of at most 128 characters' }),
            ),
            method: Optional(
              Type.Union(
                ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'].map((method) => Type.Literal(method)),
                { says: 'one of GET, HEAD, POST, PUT, PATCH, DELETE' },
              ),
            ),
            service: Optional(RequiredText(64)),
          }),
          { maxItems: 100 },
        ),
      ),
    ),
  }),
})
