#!/usr/bin/env node
import { basename } from 'node:path';
import { run } from './run.ts';

// A reader that stops early, such as head, is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 1));
await run(process.argv.slice(2), basename(process.argv[1] ?? 'sluice'));
