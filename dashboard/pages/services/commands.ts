/** The commands that do what the page of services does. */
import { given, manila } from '../../ui/manila.ts'

export const serviceCommands = {
  list: () => manila('service list', []),
  enable: (host: string, binary: string) => manila('service set', [host, binary], { enable: true }),
  disable: (host: string, binary: string, reason: string) =>
    manila('service set', [host, binary], { disable: true, 'disable-reason': given(reason) }),
  ensure: (host: string) => manila('service ensure-shares', [host]),
}
