/** The route of everything: pages hang below it, and have the console at hand to read ahead. */
import { createRootRouteWithContext } from '@tanstack/react-router'
import type { Console } from './api/console.ts'
import { Frame } from './frame/frame.tsx'
import { NotFound } from './frame/not-found.tsx'
import { PageFailure } from './frame/page-failure.tsx'

export const rootRoute = createRootRouteWithContext<Console>()({
  component: Frame,
  notFoundComponent: NotFound,
  errorComponent: PageFailure,
})
