#!/usr/bin/env node
/** manila-share in a process of its own. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('manila-share.ts', import.meta.url).href)
