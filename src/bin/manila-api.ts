/** `manila-api --config manila.toml`: one process, or `[api] workers` of them on one port. */
import cluster from 'node:cluster'
import { superviseWorkers } from '../roles/api-workers.ts'
import { roleArguments, runRole } from './run-role.ts'

const given = roleArguments('api')
if (cluster.isPrimary && given.settings.api.workers > 1) await superviseWorkers(given.settings)
else await runRole('api', given)
