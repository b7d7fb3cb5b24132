/**
 * Whether the routes of this path are asked. All are, unless `MANILA_TEST_ROUTE` holds a part of what somebody works on, an action with
 * its name behind the path: `MANILA_TEST_ROUTE='/action extend' npx vitest run --project system test/routes`.
 */
export const chosen = ({ path, action, actions = {} }: Chosen): boolean =>
  [action, ...Object.keys(actions), ''].some((name) =>
    `${path} ${name ?? ''}`.includes(process.env.MANILA_TEST_ROUTE ?? ''),
  )

interface Chosen {
  readonly path: string
  readonly action?: string | null
  readonly actions?: Readonly<Record<string, unknown>> | undefined
}
