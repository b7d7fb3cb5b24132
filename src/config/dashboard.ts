/** The dashboard that the API serves beside itself. */
import Type, { type Static } from 'typebox'

export const Dashboard = Type.Object({
  enabled: Type.Boolean({
    description:
      'Serve the dashboard at /dashboard/, with logins that the API keeps for browsers. Where it is off, cookies mean nothing to the API.',
    default: true,
  }),
  dir: Type.String({
    description:
      'Folder of the built dashboard (npm run build); empty = build/dashboard of this package. A build after the start is noticed.',
    default: '',
  }),
})

export type DashboardSettings = Static<typeof Dashboard>
