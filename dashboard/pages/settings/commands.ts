/** The commands that do what the page of one's own application credentials does, of the identity's own client. */
import { openstack } from '../../ui/manila.ts'

export const credentialCommands = {
  remove: (id: string) => openstack('application credential delete', [id]),
}
