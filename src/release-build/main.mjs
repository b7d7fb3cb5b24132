/** `npm run build`. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('main.ts', import.meta.url).href)
