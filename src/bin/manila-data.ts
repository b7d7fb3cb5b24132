/** `manila-data --config manila.toml` */
import { roleArguments, runRole } from './run-role.ts'

await runRole('data', roleArguments('data'))
