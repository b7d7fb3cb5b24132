/** The dashboard alone, of what `npm run build` makes. */
import { startOnNode } from '../../src/runtime/require-node.mjs'

await startOnNode(new URL('main.ts', import.meta.url).href)
