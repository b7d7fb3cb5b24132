/**
 * Between a driver whose storage knows users and an exporter whose server has to be one: each export is served as a user of
 * its own. The key passes from the one to the other in memory; neither the database nor a driver's state ever holds it.
 */
import type { CallContext, Exporter, ExportRef, ServerUsers } from '../contract/driver.ts'

/** `exporter`, whose exports are served as users that `users` makes and removes. Without `users` the exporter itself. */
export function servedByUsers(exporter: Exporter | null, users: ServerUsers | undefined): Exporter | null {
  if (exporter === null || users === undefined) return exporter
  const withUser = async (call: CallContext, target: ExportRef): Promise<ExportRef> => {
    const { tree } = target
    if (tree?.ceph === undefined) return target
    return { ...target, tree: { ...tree, ceph: { ...tree.ceph, user: await users.grant(call, target) } } }
  }
  return {
    ...exporter,
    publish: async (call, target) => exporter.publish(call, await withUser(call, target)),
    async unpublish(call, target) {
      await exporter.unpublish(call, target)
      // Last: a server that loses its user while clients write answers them with errors instead of ending.
      await users.withdraw(call, target)
    },
  }
}
