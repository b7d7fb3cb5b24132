/** Where things of the source are here: what later ones of it refer to. */

/** What became of something of the source: its id here and how it is shown. Null = it is not here. */
export type Place = { readonly id: string; readonly label: string } | null

/** Of all that an import has come by so far, by the ids of the source. */
export interface Places {
  readonly domains: Map<string, Place>
  readonly roles: Map<string, Place>
  readonly projects: Map<string, Place>
  readonly users: Map<string, Place>
  readonly groups: Map<string, Place>
  /** Ids here of groups that are in a directory: who is in them is said there. */
  readonly directoryGroups: Set<string>
}
