/** A run that is killed at any moment and resumed ends in the same files, on the built program and in processes of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { BIN, fedrl } from './fedrl.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-resume-'))
afterAll(() => rmSync(root, { recursive: true }))

const FILE = join(root, 'experiment.yaml')
writeFileSync(
  FILE,
  `
name: killed
environment: { family: garnet, states: 20, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 5, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: 10000, initial: perAgent }
seeds: 5
evaluate: { every: 1000, metrics: [error, bytes] }
vary: { algorithm.averaging: [equal, importance] }
`,
)

/** Paths below a folder, its own left out. */
function paths(folder: string): string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' })
  } catch {
    // not there yet, or changing while it is read
    return []
  }
}

function contents(folder: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  )
  const names = files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1)).toSorted()
  return new Map(names.map((name) => [name, readFileSync(join(folder, name), 'base64')]))
}

const whole = join(root, 'whole')
const first = fedrl(['run', FILE, '--out', whole, '--threads', '2'])
const expected = contents(whole)

const start = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [BIN, 'run', ...args], { stdio: 'ignore' })

/** Kills the process as soon as the folder is as `moment` wants it; false when it had ended before. */
async function killWhen(
  child: ChildProcess,
  folder: string,
  moment: (names: readonly string[]) => boolean,
): Promise<boolean> {
  const ended = once(child, 'exit')
  while (child.exitCode === null && !moment(paths(folder)))
    await new Promise((resolve) => setTimeout(resolve))
  child.kill('SIGKILL')
  await ended
  return child.signalCode === 'SIGKILL'
}

const parts = (names: readonly string[]): number => names.filter((name) => name.endsWith('.part')).length

test('an uninterrupted run succeeds', () => {
  expect(first.stderr).toBe('')
  expect(first.code).toBe(0)
  expect([...expected.keys()]).toContain('models/averaging=equal/1.safetensors')
  expect(expected.size).toBeGreaterThan(15)
})

test('threads do not show in the files', () => {
  const out = join(root, 'alone')
  expect(fedrl(['run', FILE, '--out', out, '--threads', '1']).code).toBe(0)
  expect(contents(out)).toEqual(expected)
})

const MOMENTS: Readonly<Record<string, (names: readonly string[]) => boolean>> = {
  'at the beginning': (names) => names.includes('run.json'),
  'half way': (names) => parts(names) >= 5,
  'after the last trial': (names) => parts(names) === 10,
  'while it draws': (names) => names.some((name) => name.startsWith('figures')),
  'while it tidies up': (names) => names.includes('summary.json'),
}

test.each(Object.keys(MOMENTS))('killed %s, it is resumed to the same bytes', async (name) => {
  const out = join(root, name.replaceAll(' ', '-'))
  await killWhen(start([FILE, '--out', out, '--threads', '2']), out, MOMENTS[name] ?? (() => true))
  const resumed = fedrl(['run', '--resume', out, '--threads', '1'])
  expect(resumed.stderr).toBe('')
  expect(resumed.code).toBe(0)
  expect(contents(out)).toEqual(expected)
})

test('killed three times, it is resumed to the same bytes, and no finished trial is done again', async () => {
  const out = join(root, 'often')
  const killed = [
    await killWhen(start([FILE, '--out', out, '--threads', '1']), out, (names) => parts(names) >= 2),
  ]
  for (const count of [4, 7]) {
    killed.push(
      await killWhen(start(['--resume', out, '--threads', '1']), out, (names) => parts(names) >= count),
    )
  }
  expect(killed).toEqual([true, true, true])
  const last = fedrl(['run', '--resume', out, '--json'])
  expect((JSON.parse(last.stdout) as { trials: number }).trials).toBeLessThanOrEqual(3)
  expect(contents(out)).toEqual(expected)
})

test('a finished run is left alone, and says so', () => {
  const { code, stdout } = fedrl(['run', '--resume', whole])
  expect(code).toBe(0)
  expect(stdout).toContain('was finished already: nothing to do.')
  expect(contents(whole)).toEqual(expected)
})

test('Ctrl-C ends with 130 and the line that goes on', async () => {
  const out = join(root, 'stopped')
  const child = spawn(process.execPath, [BIN, 'run', FILE, '--out', out, '--threads', '2'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  const ended = once(child, 'close')
  while (parts(paths(out)) < 1) await new Promise((resolve) => setTimeout(resolve))
  child.kill('SIGINT')
  await ended
  expect(child.exitCode).toBe(130)
  expect(stderr).toMatch(/^stopped: \d+ of 10 trials are kept; to finish: fedrl run --resume .*stopped\n$/)
  expect(fedrl(['run', '--resume', out]).code).toBe(0)
  expect(contents(out)).toEqual(expected)
})
