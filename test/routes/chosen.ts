/**
 * Whether the routes of this path are asked. All are, unless `MANILA_TEST_ROUTE` holds a part of the paths that somebody works on:
 * `MANILA_TEST_ROUTE=/usage npx vitest run --project system test/routes`.
 */
export const chosen = ({ path }: { readonly path: string }): boolean =>
  path.includes(process.env.MANILA_TEST_ROUTE ?? '')
