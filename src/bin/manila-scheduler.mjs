#!/usr/bin/env node
/** manila-scheduler in a process of its own. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('manila-scheduler.ts', import.meta.url).href)
