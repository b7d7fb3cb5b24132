/**
 * The path of the route that runs, whatever way the URL was spelled: `/v2/shares/.json`, `/v2/%73hares` and `/v2/shares/` are
 * all `/v2/shares`. Access rules of application credentials are matched against this, so that a rule allows a route or does
 * not.
 */

/** `template` as it is registered, `/v2/shares/:id`; `params` decoded, as the router found them. */
export const routePath = (template: string, params: Readonly<Record<string, string>>): string =>
  template
    .split('/')
    .map((segment) => (segment.startsWith(':') ? encoded(params[segment.slice(1)] ?? '') : segment))
    .join('/')

const encoded = (value: string): string => (value.isWellFormed() ? encodeURIComponent(value) : '')
