#!/usr/bin/env node
/** The operator's verbs: see src/manage. */
import { startOnNode } from '../runtime/require-node.mjs'

await startOnNode(new URL('manila-manage.ts', import.meta.url).href)
