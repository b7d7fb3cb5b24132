#!/usr/bin/env node
/** manila-api in a process of its own. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('manila-api.ts', import.meta.url).href)
