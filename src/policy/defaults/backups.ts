import { admin, member, notYet, reader, rules, type Rules } from './base.ts'

/** Backups and transfers. */
export const backupRules: Rules = notYet({
  ...rules('share_backup', member, {
    create: ['Back a share up.', 'POST /share-backups'],
    restore: ['Restore a backup.', 'POST /share-backups/{id}/action restore'],
    update: ['Change the name or description of a backup.', 'PUT /share-backups/{id}'],
    delete: ['Delete a backup.', 'DELETE /share-backups/{id}'],
  }),
  ...rules('share_backup', reader, {
    get: ['Show a backup.', 'GET /share-backups/{id}'],
    get_all: ['List backups.', 'GET /share-backups', 'GET /share-backups/detail'],
  }),
  ...rules('share_backup', admin, {
    get_all_project: ['List the backups of all projects.', 'GET /share-backups', 'GET /share-backups/detail'],
    reset_status: ['Write the status of a backup by hand.', 'POST /share-backups/{id}/action reset_status'],
  }),
  ...rules('share_transfer', member, {
    create: ['Offer a share to another project.', 'POST /share-transfers'],
    accept: ['Take a share that was offered.', 'POST /share-transfers/{id}/accept'],
    delete: ['Take an offer back.', 'DELETE /share-transfers/{id}'],
  }),
  ...rules('share_transfer', reader, {
    get_all: ['List offers of shares.', 'GET /share-transfers', 'GET /share-transfers/detail'],
    get: ['Show an offer of a share.', 'GET /share-transfers/{id}'],
  }),
  ...rules('share_transfer', admin, {
    get_all_tenant: [
      'List the offers of all projects.',
      'GET /share-transfers',
      'GET /share-transfers/detail',
    ],
  }),
})
