// Compiles the kernel, then src/ and experiments/ into an empty dist/, and bundles the join page. With --if-stale only where something changed since the last build: npm runs
// `prepare` anew when it first starts a package's own program by `npx`.
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildKernel } from './build-kernel.mjs'
import { buildPage } from './build-page.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const dist = join(root, 'dist')
const stamp = join(dist, '.built')
const SOURCES = ['assembly', 'src', 'experiments', 'package.json', 'tsconfig.json', 'tsconfig.build.json']

/** Times of last change of everything below `path`; a folder's own tells of removed files. */
function times(path) {
  const own = statSync(path)
  if (!own.isDirectory()) return [own.mtimeMs]
  return [own.mtimeMs, ...readdirSync(path).flatMap((name) => times(join(path, name)))]
}

function stale() {
  if (!existsSync(stamp)) return true
  const built = statSync(stamp).mtimeMs
  return SOURCES.flatMap((name) => times(join(root, name))).some((time) => time > built)
}

function compile() {
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc')
  rmSync(dist, { recursive: true, force: true })
  return (
    spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' }).status ??
    1
  )
}

if (!process.argv.includes('--if-stale') || stale()) {
  await buildKernel()
  process.exitCode = compile()
  if (process.exitCode === 0) {
    await buildPage()
    writeFileSync(stamp, '')
  }
}
