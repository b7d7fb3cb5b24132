import { createRoute, lazyRouteComponent } from '@tanstack/react-router'
import { textSearch } from '../../api/paging.ts'
import { rootRoute } from '../../root-route.tsx'
import { messagesQuery } from './queries.ts'

export const messageListRoute = createRoute({
  getParentRoute: () => rootRoute,
  path: 'messages',
  staticData: { crumb: ({ frame }) => frame.messages },
  validateSearch: textSearch(['action', 'about']),
  loaderDeps: ({ search }) => search,
  loader: ({ context, deps }) => {
    if (context.client.minor >= 37) void context.queries.prefetchQuery(messagesQuery(context, deps))
  },
  component: lazyRouteComponent(() => import('./list.tsx'), 'MessageListPage'),
})
