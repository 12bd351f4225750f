/** The frame of the command line: which commands there are, what they say of themselves, and how the process ends. */
import { spawn, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { CommanderError } from 'commander'
import { describe, expect, test } from 'vitest'
import { failureDocument, failureOf } from '../src/cli/failure.ts'
import { createProgram } from '../src/cli/program.ts'
import { InputError, Interrupted, RunError } from '../src/experiment/errors.ts'
import { BIN, fedrl } from './fedrl.ts'
import { ROOT } from './source.ts'

const COMMANDS = [
  'run',
  'reproduce',
  'up',
  'serve',
  'join',
  'status',
  'preflight',
  'keys',
  'nats-config',
  'solve',
  'coverage',
  'plan',
  'list',
  'show',
  'verify',
  'export',
  'new',
]

/** Those that are carried out, not those that only hold others. */
const CARRIED_OUT = COMMANDS.flatMap((name) =>
  name === 'keys' ? ['init', 'add', 'new', 'revoke', 'list'].map((one) => `keys ${one}`) : [name],
)

const ioOf = (): never => {
  throw new Error('no command is carried out here')
}

/** Help of one command, as printed. */
function helpOf(...args: string[]): string {
  let printed = ''
  const output = { out: (text: string) => void (printed += text), err: () => undefined }
  const program = createProgram('1.2.3', output, ioOf)
  expect(() => program.parse([...args, '--help'], { from: 'user' })).toThrow(CommanderError)
  return printed
}

describe('commands', () => {
  test('are those of this release', () => {
    const output = { out: () => undefined, err: () => undefined }
    expect(createProgram('1.2.3', output, ioOf).commands.map((command) => command.name())).toEqual(COMMANDS)
  })

  test.each(CARRIED_OUT)('%s has --json and an example of its own', (name) => {
    const help = helpOf(...name.split(' '))
    expect(help).toContain('--json')
    expect(help).toMatch(new RegExp(`Example:\\n  \\$ fedrl ${name} ?`))
  })

  test.each(CARRIED_OUT)('the example of %s parses', (name) => {
    const example = / {2}\$ fedrl (.*)/.exec(helpOf(...name.split(' ')))?.[1] ?? ''
    const output = { out: () => undefined, err: () => undefined }
    const program = createProgram('1.2.3', output, ioOf)
    for (const command of program.commands)
      for (const one of command.commands.length > 0 ? command.commands : [command])
        one.action(() => undefined)
    expect(() => program.parse(example.split(' '), { from: 'user' })).not.toThrow()
  })
})

describe('failures', () => {
  const usage = 'usage: fedrl run'

  test('bad input: the lines of the error, exit code 2, no stack', () => {
    const error = new InputError('a.yaml', [
      { path: ['agents', 'count'], message: 'expected 1 or more, got 0', line: 3, column: 5 },
    ])
    const failure = failureOf(error, usage)
    expect(failure).toMatchObject({
      exitCode: 2,
      kind: 'input',
      text: 'a.yaml:3:5: agents.count: expected 1 or more, got 0',
    })
    expect(failure === null ? null : failureDocument(failure)).toEqual({
      error: {
        kind: 'input',
        message: 'a.yaml:3:5: agents.count: expected 1 or more, got 0',
        exitCode: 2,
        issues: error.issues,
      },
    })
  })

  test('work that could not be done: exit code 1, no stack', () => {
    expect(failureOf(new RunError('disk full'), usage)).toMatchObject({
      exitCode: 1,
      kind: 'run',
      text: 'disk full',
    })
  })

  test('interrupted: exit code 130', () => {
    expect(failureOf(new Interrupted('resume with ...'), usage)).toMatchObject({
      exitCode: 130,
      text: 'resume with ...',
    })
  })

  test('a bug: its stack and a request to report it', () => {
    const failure = failureOf(new TypeError('x is not a function'), usage)
    expect(failure).toMatchObject({ exitCode: 1, kind: 'bug', message: 'x is not a function' })
    expect(failure?.text).toMatch(/TypeError: x is not a function\n\s+at .*\n[\s\S]*Please report/)
  })

  test('a thrown value that is no error is a bug as well', () => {
    expect(failureOf('odd', usage)).toMatchObject({ exitCode: 1, kind: 'bug', message: 'odd' })
  })
})

describe('the process', () => {
  test('--version prints the version, --help the commands; both end with 0', () => {
    expect(fedrl(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
      stderr: '',
    })
    const help = fedrl(['--help'])
    expect(help).toMatchObject({ code: 0, stderr: '' })
    for (const name of COMMANDS) expect(help.stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  })

  test.each([
    [['rum'], "unknown command 'rum' (Did you mean run?)"],
    [['run', 'x.yaml', '--sed', '3'], "unknown option '--sed' (Did you mean --set?)"],
    [['solve'], "missing required argument 'mdp'"],
    [['solve', 'a', 'b'], "too many arguments for 'solve'. Expected 1 argument but got 2"],
    [['solve', 'a', '--discount'], "option '--discount <gamma>' argument missing"],
    [[], 'no command given'],
  ])('%j: one line that says how to call it, exit code 2', (args, line) => {
    const { code, stdout, stderr } = fedrl(args)
    expect(code).toBe(2)
    expect(stdout).toBe('')
    const name = args[0] === undefined || args[0] === 'rum' ? 'fedrl' : `fedrl ${args[0]}`
    expect(stderr).toContain(`fedrl: ${line}; usage: ${name} `)
    expect(stderr.endsWith(`"${name} --help" explains\n`)).toBe(true)
    if (args.length > 0) expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).not.toContain('    at ')
  })

  test('with --json a failure is one document on stdout', () => {
    const { code, stdout } = fedrl(['solve', 'there-is-no-such-file.mdp.json', '--json'])
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ error: { kind: 'input', exitCode: 2 } })
  })

  test('a reader that stops early ends it quietly', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrl-head-'))
    const file = join(folder, 'wide.mdp.json')
    // an answer of some megabytes, beyond what a pipe holds
    const transitions = Array.from({ length: 60_000 }, (_, state) => [state, 0, 0, 1, state / 7])
    writeFileSync(file, JSON.stringify({ states: 60_000, actions: 1, discount: 0.5, transitions }))
    const line = `"${process.execPath}" "${BIN}" solve "${file}" --json | head -c 10`
    const { stdout, stderr } = spawnSync('bash', ['-c', line], { encoding: 'utf8' })
    rmSync(folder, { recursive: true })
    expect(stdout).toHaveLength(10)
    expect(stderr).toBe('')
  })

  test.each([
    ['one Ctrl-C stops a run: 130, and the line that resumes it', 1],
    ['a second Ctrl-C does no harm', 2],
  ])('%s', async (_, times) => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrl-stop-'))
    const out = join(folder, 'run')
    const child = spawn(
      process.execPath,
      [BIN, 'run', 'examples/lake.yaml', '--set', 'algorithm.steps=1e12', '--out', out],
      { cwd: ROOT },
    )
    let stderr = ''
    child.stderr.on('data', (data: Buffer) => void (stderr += data.toString()))
    while (!existsSync(join(out, 'run.json'))) await delay(50)
    await delay(500)
    for (let i = 0; i < times; i++) child.kill('SIGINT')
    const code = await new Promise((resolve) => child.once('exit', resolve))
    rmSync(folder, { recursive: true })
    expect(code).toBe(130)
    if (times === 1) expect(stderr).toContain(`fedrl run --resume ${out}`)
    expect(stderr).not.toContain('    at ')
  })

  test('without a build, one line says how to build', () => {
    const folder = mkdtempSync(join(tmpdir(), 'fedrl-unbuilt-'))
    cpSync(BIN, join(folder, 'bin', 'fedrl.mjs'))
    const { status, stderr } = spawnSync(process.execPath, [join(folder, 'bin', 'fedrl.mjs'), '--help'], {
      encoding: 'utf8',
    })
    rmSync(folder, { recursive: true })
    expect(status).toBe(1)
    expect(stderr).toMatch(/^fedrl: not built yet: run "npm run build" in .*\n$/)
  })
})
