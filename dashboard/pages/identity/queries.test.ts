import { describe, expect, it } from 'vitest'
import { assignmentPath, grantPath, type AssignmentView } from './queries.ts'

describe('paths of role assignments', () => {
  const at = (assignment: string): string =>
    assignmentPath({ links: { assignment } } as unknown as AssignmentView)

  it('are those of the links, below the version, wherever the service is', () => {
    expect(at('http://h:1/identity/v3/projects/p/users/u/roles/r')).toBe('/projects/p/users/u/roles/r')
    expect(at('https://k/v3/OS-INHERIT/domains/d/groups/g/roles/r/inherited_to_projects')).toBe(
      '/OS-INHERIT/domains/d/groups/g/roles/r/inherited_to_projects',
    )
  })

  it('hold ids as one step each, whatever is in them', () => {
    expect(grantPath('r', { kind: 'group', id: 'a/b?c' }, 'p')).toBe('/projects/p/groups/a%2Fb%3Fc/roles/r')
  })
})
