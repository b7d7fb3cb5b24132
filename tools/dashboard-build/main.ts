/** Makes the dashboard of its sources, in build/dashboard: for the quick start, and the first part of `npm run build`. */
import { buildDashboard } from './build.ts'

// Whatever started this is: otherwise the libraries come as they are for their own developers, slow and large.
process.env.NODE_ENV = 'production'

const { kept, took } = await buildDashboard()
process.stdout.write(
  `The dashboard is built: ${took} s. ${kept === 0 ? '' : `${kept} files of builds before it are kept for a day. `}The API serves it at /dashboard/.\n`,
)
