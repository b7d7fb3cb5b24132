/** Builds the dashboard into the folder that is named, in a process of its own. */
import { buildDashboard } from '../../tools/dashboard-build/build.ts'

await buildDashboard(process.argv[2])
