#!/usr/bin/env node
/** The client: see src/cli. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('manila.ts', import.meta.url).href)
