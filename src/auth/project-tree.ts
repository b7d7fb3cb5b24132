/** The tree of projects as a whole, and their tags. Single projects are the {@link Directory}'s. */
import type { Store } from '../db/open.ts'
import type { ProjectRow } from '../db/store/identity.ts'
import { deleteTag, insertTag, replaceTags, tagsOf } from '../db/store/project-tags.ts'
import { ancestorsOf, subtreeOf } from '../db/store/project-tree.ts'
import { fault, invalid } from '../model/errors.ts'
import { notFound, type Directory } from './directory.ts'

/** Projects that one call changes at most. */
const maxCascade = 1000
/** Keystone's own bound. */
export const maxTagsPerProject = 80

export class ProjectTree {
  readonly #store: Store
  readonly #directory: Directory

  constructor(store: Store, directory: Directory) {
    this.#store = store
    this.#directory = directory
  }

  /** From the parent up to the top level. */
  parents(project: ProjectRow): Promise<ProjectRow[]> {
    return ancestorsOf(this.#store.db, project)
  }

  /** All below, nearer ones first; at most about `limit`. */
  subtree(ids: readonly string[], limit: number): Promise<ProjectRow[]> {
    return subtreeOf(this.#store.db, ids, limit)
  }

  /**
   * Disables, or enables, the project and all below it; one after the other, so that below a disabled one there is never one enabled:
   * what fails half-way is finished by asking again.
   */
  async setEnabled(id: string, enabled: boolean): Promise<ProjectRow> {
    const all = await this.#whole(id)
    for (const { id: each } of enabled ? all : all.toReversed()) {
      await this.#directory.updateProject(each, { enabled })
    }
    const after = await this.#directory.findProject({ id })
    if (after === null) throw notFound('project', id)
    return after
  }

  /** The project and all below it, which must be disabled; leaves first. */
  async delete(id: string): Promise<void> {
    const all = await this.#whole(id)
    const enabled = all.find((one) => one.enabled === 1)
    if (enabled !== undefined) {
      throw fault('Refused', {
        message: `The project ${enabled.name} is enabled; disable all of them first.`,
      })
    }
    for (const { id: each } of all.toReversed()) await this.#directory.deleteProject(each)
  }

  /** Each after its parent. */
  async #whole(id: string): Promise<ProjectRow[]> {
    const top = await this.#directory.findProject({ id })
    if (top === null) throw notFound('project', id)
    const below = await this.subtree([id], maxCascade + 1)
    if (below.length > maxCascade) {
      throw fault('Refused', {
        message: `There are more than ${maxCascade} projects below it; do it in parts.`,
      })
    }
    return [top, ...below]
  }

  // ------------------------------------------------------------------------------------------------------------ tags

  /** By project; those without any are not in it. */
  tagsOf(projectIds: readonly string[]): Promise<Map<string, string[]>> {
    return tagsOf(this.#store.db, projectIds)
  }

  /** In place of those that it has. */
  async replaceTags(projectId: string, tags: readonly string[]): Promise<void> {
    if (new Set(tags).size > maxTagsPerProject) throw tooManyTags()
    const replace = (): Promise<void> => this.#store.transaction((tx) => replaceTags(tx, projectId, tags))
    try {
      await replace()
    } catch (error) {
      // Two at the same time: whoever comes second replaces what the first wrote.
      if (!this.#store.dialect.isDuplicate(error)) throw error
      await replace()
    }
  }

  /** A no-op when it has it already. */
  async addTag(projectId: string, tag: string): Promise<void> {
    const held = (await this.tagsOf([projectId])).get(projectId) ?? []
    if (held.includes(tag)) return
    if (held.length >= maxTagsPerProject) throw tooManyTags()
    try {
      await insertTag(this.#store.db, projectId, tag)
    } catch (error) {
      if (!this.#store.dialect.isDuplicate(error)) throw error
    }
  }

  async removeTag(projectId: string, tag: string): Promise<void> {
    if (!(await deleteTag(this.#store.db, projectId, tag))) throw notFound('project tag', tag)
  }
}

const tooManyTags = (): Error => invalid(`a project has at most ${maxTagsPerProject} tags`)
