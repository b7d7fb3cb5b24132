#!/usr/bin/env node
import { runFromProcess } from '../cli/process.ts'

process.exitCode = await runFromProcess()
