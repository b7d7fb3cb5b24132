/** `npm run build`: makes the dashboard of its sources, in build/dashboard. */
import { buildDashboard } from './build.ts'

// Whatever started this is: otherwise the libraries come as they are for their own developers, slow and large.
process.env.NODE_ENV = 'production'

const { kept, took } = await buildDashboard()
process.stdout.write(
  `The dashboard is built: ${took} s. ${kept === 0 ? '' : `${kept} files of builds before it are kept for a day. `}The API serves it at /dashboard/.\n`,
)
