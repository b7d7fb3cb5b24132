/** `npm test`. */
import { startOnNode } from '../src/runtime/require-node.mjs'

await startOnNode(new URL('run.ts', import.meta.url).href)
