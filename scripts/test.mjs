// Everything that must hold: the build, types, lint, format, dead code, every test. All of it runs even when a part fails; the last
// line counts, each check outside the test runner as one. `--without-browser` skips the tests that need Chromium, `--without-broker` those
// that need a NATS server, `--without-python` those that need Python.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { chromium, natsServer, python } from './system.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))

/** Runs an installed tool, its output streamed; true when it ends with 0. */
function runs(title, [tool, ...args], env = {}) {
  console.log(`\n== ${title}: ${[tool, ...args].join(' ')}`)
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`
  const { status, error } = spawnSync(tool, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, PATH: path, ...env },
  })
  if (error) console.error(error.message)
  return status === 0
}

/** The counts of the test runner's own report. What failed without failing a test (a file that does not load) counts as one. */
function counts(file, succeeded) {
  try {
    const report = JSON.parse(readFileSync(file, 'utf8'))
    const broken = report.testResults.filter(
      (one) => one.status === 'failed' && !one.assertionResults.some((test) => test.status === 'failed'),
    )
    const failed = report.numFailedTests + broken.length
    return {
      passed: report.numPassedTests,
      failed: failed === 0 && !succeeded ? 1 : failed,
      skipped: report.numPendingTests + report.numTodoTests,
    }
  } catch (error) {
    console.error(`the test runner left no report: ${error.message}`)
    return { passed: 0, failed: 1, skipped: 0 }
  }
}

function tests(env) {
  const folder = mkdtempSync(join(tmpdir(), 'fedrl-test-'))
  const file = join(folder, 'report.json')
  const succeeded = runs(
    'tests',
    ['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${file}`],
    env,
  )
  const result = counts(file, succeeded)
  rmSync(folder, { recursive: true })
  return result
}

const CHECKS = [
  // first: it writes the embedded kernel, which the types need
  ['build', ['node', 'scripts/build.mjs']],
  ['types', ['tsc', '-p', 'tsconfig.json']],
  ['types of the page', ['tsc', '-p', 'src/page/tsconfig.json']],
  ['lint', ['oxlint', '--type-aware', '--deny-warnings']],
  ['format', ['prettier', '--check', '--log-level', 'warn', '.']],
  ['dead code', ['knip', '--no-progress']],
]

function main(args) {
  const known = ['--without-browser', '--without-broker', '--without-python']
  const unknown = args.find((one) => !known.includes(one))
  if (unknown !== undefined) {
    console.error(`npm test: unknown argument ${unknown}; known: ${known.join(', ')}`)
    return 2
  }
  const failures = CHECKS.filter(([title, command]) => !runs(title, command)).map(([title]) => title)
  const checked = CHECKS.length - failures.length
  const browser = args.includes('--without-browser') ? '' : chromium()
  const broker = args.includes('--without-broker') ? '' : natsServer()
  const interpreter = args.includes('--without-python') ? '' : python()
  if (browser === null) failures.push('browser')
  if (broker === null) failures.push('broker')
  if (interpreter === null) failures.push('Python')
  const { passed, failed, skipped } = tests({
    FEDRL_CHROMIUM: browser ?? '',
    FEDRL_NATS_SERVER: broker ?? '',
    FEDRL_PYTHON: interpreter ?? '',
  })
  if (failures.length > 0) console.error(`\nfailed outside the tests: ${failures.join(', ')}`)
  console.log(
    `\n${passed + checked} passed, ${failed + failures.length} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`,
  )
  return failed + failures.length === 0 ? 0 : 1
}

process.exitCode = main(process.argv.slice(2))
