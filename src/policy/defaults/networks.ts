import { admin, member, metadataRoutes, notYet, reader, rules, type Rules } from './base.ts'

const onNetwork = (name: string): string => `POST /share-networks/{id}/action ${name}`
const onServer = (name: string): string => `POST /share-servers/{id}/action ${name}`
const subnets = '/share-networks/{id}/subnets'
const ofSubnet = metadataRoutes(`${subnets}/{subnet_id}`)

/** Share networks, subnets, security services and share servers. */
export const networkRules: Rules = notYet({
  ...rules('share_network', member, {
    create: ['Create a share network.', 'POST /share-networks'],
    update: ['Change a share network.', 'PUT /share-networks/{id}'],
    delete: ['Delete a share network.', 'DELETE /share-networks/{id}'],
    add_security_service: ['Add a security service to a share network.', onNetwork('add_security_service')],
    add_security_service_check: [
      'Ask whether a security service could be added to a network in use.',
      onNetwork('add_security_service_check'),
    ],
    remove_security_service: [
      'Take a security service off a share network.',
      onNetwork('remove_security_service'),
    ],
    update_security_service: [
      'Put another security service in the place of one.',
      onNetwork('update_security_service'),
    ],
    update_security_service_check: [
      'Ask whether a security service of a network in use could be replaced.',
      onNetwork('update_security_service_check'),
    ],
    subnet_create_check: [
      'Ask whether a network in use could have another subnet.',
      onNetwork('share_network_subnet_create_check'),
    ],
  }),
  ...rules('share_network', reader, {
    show: ['Show a share network.', 'GET /share-networks/{id}'],
    index: ['List share networks.', 'GET /share-networks'],
    detail: ['List share networks with their details.', 'GET /share-networks/detail'],
  }),
  ...rules('share_network', admin, {
    reset_status: ['Write the status of a share network by hand.', onNetwork('reset_status')],
    get_all_share_networks: [
      'List the share networks of all projects.',
      'GET /share-networks',
      'GET /share-networks/detail',
    ],
    show_network_details: [
      'See the details of networks that only administrators need.',
      'GET /share-networks/{id}',
    ],
  }),
  ...rules('share_network_subnet', member, {
    create: ['Add a subnet to a share network.', `POST ${subnets}`],
    delete: ['Remove a subnet of a share network.', `DELETE ${subnets}/{subnet_id}`],
    update_metadata: ['Set metadata of a subnet.', ...ofSubnet.update],
    delete_metadata: ['Remove metadata of a subnet.', ...ofSubnet.delete],
  }),
  ...rules('share_network_subnet', reader, {
    show: ['Show a subnet.', `GET ${subnets}/{subnet_id}`],
    index: ['List the subnets of a share network.', `GET ${subnets}`],
    get_metadata: ['Read the metadata of a subnet.', ...ofSubnet.get],
  }),
  ...rules('security_service', member, {
    create: ['Create a security service.', 'POST /security-services'],
    update: ['Change a security service.', 'PUT /security-services/{id}'],
    delete: ['Delete a security service.', 'DELETE /security-services/{id}'],
  }),
  ...rules('security_service', reader, {
    show: ['Show a security service.', 'GET /security-services/{id}'],
    index: ['List security services.', 'GET /security-services'],
    detail: ['List security services with their details.', 'GET /security-services/detail'],
  }),
  ...rules('security_service', admin, {
    get_all_security_services: [
      'List the security services of all projects.',
      'GET /security-services',
      'GET /security-services/detail',
    ],
  }),
  ...rules('share_server', admin, {
    index: ['List share servers.', 'GET /share-servers'],
    show: ['Show a share server.', 'GET /share-servers/{id}'],
    details: ['See what the backend keeps of a share server.', 'GET /share-servers/{id}/details'],
    delete: ['Delete a share server.', 'DELETE /share-servers/{id}'],
    manage_share_server: ['Bring a share server under management.', 'POST /share-servers/manage'],
    unmanage_share_server: ['Forget a share server and leave it running.', onServer('unmanage')],
    reset_status: ['Write the status of a share server by hand.', onServer('reset_status')],
    share_server_migration_start: ['Move a share server.', onServer('migration_start')],
    share_server_migration_check: ['Ask whether a share server could be moved.', onServer('migration_check')],
    share_server_migration_complete: [
      "End the second phase of a share server's migration.",
      onServer('migration_complete'),
    ],
    share_server_migration_cancel: ["Cancel a share server's migration.", onServer('migration_cancel')],
    share_server_migration_get_progress: [
      "See how far a share server's migration is.",
      onServer('migration_get_progress'),
    ],
    share_server_reset_task_state: [
      'Write the task state of a share server by hand.',
      onServer('reset_task_state'),
    ],
  }),
})
