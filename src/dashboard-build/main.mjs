/** The dashboard alone, of what `npm run build` makes. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('main.ts', import.meta.url).href)
