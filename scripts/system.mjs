// Finds the programs that tests use beside Node; on Debian, as root, installs those that are missing.
import { spawnSync } from 'node:child_process'
import { accessSync, constants, existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

function found(names, works) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  const files = folders.flatMap((folder) => names.map((name) => join(folder, name)))
  return files.find((file) => executable(file) && works(file))
}

function executable(file) {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function install(packages) {
  const apt = (...args) =>
    spawnSync('apt-get', args, {
      stdio: 'inherit',
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    }).status === 0
  return apt('update') && apt('install', '-y', '--no-install-recommends', ...packages)
}

/**
 * The path of the first of `names` that works, or null after saying which line installs it; `without` skips the tests that need it.
 * `packages` are those of Debian, the first name if not given.
 */
function program(what, names, without, { packages = names.slice(0, 1), works = () => true } = {}) {
  const there = found(names, works)
  if (there !== undefined) return there
  const debian = existsSync('/etc/debian_version')
  if (debian && process.getuid?.() === 0 && install(packages)) return found(names, works) ?? null
  const line = debian
    ? `sudo apt-get install -y ${packages.join(' ')}`
    : `put ${names.join(' or ')} on the PATH`
  console.error(`\nThe ${what} tests need ${packages.join(' and ')}: ${line}; or run: npm test -- ${without}`)
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

/** Whether a Python is 3.11 or newer and can make virtual environments. */
const makesEnvironments = (file) =>
  spawnSync(file, ['-c', 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))']).status === 0

/** The path of a Python, or null. */
export const python = () =>
  program('Python', ['python3'], '--without-python', {
    packages: ['python3', 'python3-venv'],
    works: makesEnvironments,
  })
