/** What a share is called where it has no name. */
export const nameOf = ({ id, name }: { readonly id: string; readonly name: string | null }): string =>
  name !== null && name.trim() !== '' ? name : id.slice(0, 8)
