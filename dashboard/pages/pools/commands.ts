/** The command that shows what the page of a pool shows. */
import { manila } from '../../ui/manila.ts'

export const poolCommands = {
  /** `label`: host@backend#pool. The service takes each part for a pattern. */
  show: (label: string) => {
    const [, host = label, backend, pool] = /^([^@#]*)(?:@([^#]*))?(?:#(.*))?$/s.exec(label) ?? []
    const exactly = (part: string | undefined) =>
      part === undefined ? null : `^${part.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)}$`
    return manila('pool list', [], {
      host: exactly(host),
      backend: exactly(backend),
      pool: exactly(pool),
      detail: true,
    })
  },
}
