/** `manila-share --config manila.toml` */
import { roleArguments, runRole } from './run-role.ts'

await runRole('share', roleArguments('share'))
