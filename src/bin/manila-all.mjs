#!/usr/bin/env node
/** All roles in one process. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('manila-all.ts', import.meta.url).href)
