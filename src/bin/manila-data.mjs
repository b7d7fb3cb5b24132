#!/usr/bin/env node
/** manila-data in a process of its own. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('manila-data.ts', import.meta.url).href)
