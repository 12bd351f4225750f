// Writes the API reference of every subpath export into docs/reference/. Fails on an export without a docstring.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const tool = join(root, 'docs', 'tool')

function runs(command, args) {
  return spawnSync(command, args, { cwd: tool, stdio: 'inherit' }).status === 0
}

const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const doors = Object.values(manifest.exports)
  .filter((target) => typeof target !== 'string')
  .map(({ default: file }) => join(root, file.replace('./dist/', '').replace(/\.js$/, '.ts')))

// typedoc needs another TypeScript than the build, so it is installed here and not at the root
const installed = existsSync(join(tool, 'node_modules')) || runs('npm', ['ci', '--no-audit', '--no-fund'])
const typedoc = [
  'node_modules/typedoc/bin/typedoc',
  '--options',
  'typedoc.json',
  ...doors.flatMap((file) => ['--entryPoints', file]),
]
process.exitCode = installed && runs(process.execPath, typedoc) ? 0 : 1
