#!/usr/bin/env node
// Starts the built program, or says in one line how to build it.
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const main = new URL('../dist/src/cli/main.js', import.meta.url)

if (existsSync(main)) {
  await import(main.href)
} else {
  const folder = fileURLToPath(new URL('..', import.meta.url))
  console.error(`fedrl: not built yet: run "npm run build" in ${folder}`)
  process.exitCode = 1
}
