#!/usr/bin/env node
/** The upgrade check: see src/manage/upgrade-check.ts. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('manila-status.ts', import.meta.url).href)
