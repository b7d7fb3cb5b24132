/** `?parents_as_list`, `?parents_as_ids`, `?subtree_as_list`, `?subtree_as_ids` of one project. */
import type { ProjectRow } from '../../db/store/identity.ts'
import { invalid } from '../../model/errors.ts'
import { isOn, maxRows, type Call } from './route.ts'
import { projectViews } from './views.ts'

/** Keystone's nesting: an id over what is below it, null at the end. */
type Ids = { readonly [id: string]: Ids } | null

/** What of the family the query asks for. Lists show only those of `own`, unless that is null. */
export async function relatives(
  call: Call,
  project: ProjectRow,
  own: readonly string[] | null,
): Promise<{ parents?: object | null; subtree?: object | null }> {
  const { query } = call
  for (const kind of ['parents', 'subtree'] as const) {
    if (isOn(query[`${kind}_as_list`]) && isOn(query[`${kind}_as_ids`])) {
      throw invalid(`${kind}_as_list must not be combined with ${kind}_as_ids`)
    }
  }
  const { tree } = call.parts.auth
  const asList = async (rows: readonly ProjectRow[]): Promise<object[]> => {
    const visible = rows.filter(({ id }) => own === null || own.includes(id))
    return (await projectViews(call, visible)).map((view) => ({ project: view }))
  }
  const found: { parents?: object | null; subtree?: object | null } = {}
  if (isOn(query.parents_as_list)) found.parents = await asList(await tree.parents(project))
  if (isOn(query.parents_as_ids)) found.parents = upwards(project, await tree.parents(project))
  if (isOn(query.subtree_as_list)) found.subtree = await asList(await tree.subtree([project.id], maxRows))
  if (isOn(query.subtree_as_ids)) {
    found.subtree = downwards(project.id, await tree.subtree([project.id], maxRows))
  }
  return found
}

/** The domain is at the end of it. */
function upwards(project: ProjectRow, parents: readonly ProjectRow[]): Ids {
  const ids = [...parents.map(({ id }) => id), project.domain_id]
  return ids.reduceRight<Ids>((over, id) => ({ [id]: over }), null)
}

function downwards(top: string, below: readonly ProjectRow[]): Ids {
  const children = new Map<string, string[]>()
  for (const { id, parent_id: parent } of below) {
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), id])
  }
  const under = (id: string): Ids => {
    const ids = children.get(id) ?? []
    return ids.length === 0 ? null : Object.fromEntries(ids.map((child) => [child, under(child)]))
  }
  return under(top)
}
