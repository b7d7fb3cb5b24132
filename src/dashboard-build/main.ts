/** `npm run build`: makes the dashboard of its sources, in build/dashboard. */
import { buildDashboard } from './build.ts'

const { kept, took } = await buildDashboard()
process.stdout.write(
  `The dashboard is built: ${took} s. ${kept === 0 ? '' : `${kept} files of builds before it are kept for a day. `}The API serves it at /dashboard/.\n`,
)
