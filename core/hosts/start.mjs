#!/usr/bin/env node
// The one door of every npm script and of the bin `kagami`. Plain JavaScript without dependencies, because the Node that
// runs it may be as old as 18 and no package may be installed yet. What it does stands in `prepare/start.mjs`.
import { start } from './prepare/start.mjs'

const status = await start(process.argv.slice(2))
if (status !== undefined) process.exitCode = status // undefined: the command line runs in this very process and sets its own
