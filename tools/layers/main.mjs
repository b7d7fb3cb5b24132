/** `npm run layers`. */
import { startOnNode } from '../../src/runtime/require-node.mjs'

await startOnNode(new URL('main.ts', import.meta.url).href)
