/** `manila-scheduler --config manila.toml` */
import { roleArguments, runRole } from './run-role.ts'

await runRole('scheduler', roleArguments('scheduler'))
