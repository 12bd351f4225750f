/** Runs the program in the test's own process, which takes a hundredth of the time that a process of its own takes. */
import { carryOut } from '../src/cli/command-line.ts'
import type { Outcome } from './fedrl.ts'

/** `fedrl ...args` without `--json`, to its end, from its source. */
export async function fedrlHere(args: readonly string[], cwd: string): Promise<Outcome> {
  const said = { stdout: '', stderr: '' }
  const out = (text: string): void => void (said.stdout += text)
  const err = (text: string): void => void (said.stderr += text)
  const home = process.cwd()
  process.chdir(cwd)
  try {
    const failure = await carryOut(args, { out, err }, (json) => ({
      json,
      interactive: false,
      signal: new AbortController().signal,
      result: (_, text) => out(`${text()}\n`),
      note: (line) => err(`${line}\n`),
    }))
    if (failure !== null) err(`${failure.text}\n`)
    return { code: failure?.exitCode ?? 0, ...said }
  } finally {
    process.chdir(home)
  }
}
