// Finds Chromium for the browser tests; on Debian, as root, installs it where it is missing.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']

function found() {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.flatMap((folder) => NAMES.map((name) => join(folder, name))).find(executable)
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install() {
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  return apt('update') && apt('install', '-y', '--no-install-recommends', 'chromium')
}

/** The path of a Chromium, or null after saying which line installs it. */
export function chromium() {
  const there = found()
  if (there !== undefined) return there
  const debian = existsSync('/etc/debian_version')
  if (debian && process.getuid?.() === 0 && install()) return found() ?? null
  const line = debian ? 'sudo apt-get install -y chromium' : 'put chromium or google-chrome on the PATH'
  console.error(`\nThe browser tests need Chromium: ${line}; or run: npm test -- --without-browser`)
  return null
}
