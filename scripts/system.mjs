// Finds the programs that tests use beside Node; on Debian, as root, installs those that are missing.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

function found(names) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.flatMap((folder) => names.map((name) => join(folder, name))).find(executable)
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install(name) {
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  return apt('update') && apt('install', '-y', '--no-install-recommends', name)
}

/** The path of the first of `names`, or null after saying which line installs it; `without` skips the tests that need it. */
function program(what, names, without) {
  const there = found(names)
  if (there !== undefined) return there
  const debian = existsSync('/etc/debian_version')
  if (debian && process.getuid?.() === 0 && install(names[0])) return found(names) ?? null
  const line = debian ? `sudo apt-get install -y ${names[0]}` : `put ${names.join(' or ')} on the PATH`
  console.error(`\nThe ${what} tests need ${names[0]}: ${line}; or run: npm test -- ${without}`)
  return null
}

/** The path of a Chromium, or null. */
export const chromium = () =>
  program(
    'browser',
    ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'],
    '--without-browser',
  )

/** The path of a NATS server, or null. */
export const natsServer = () => program('broker', ['nats-server'], '--without-broker')
