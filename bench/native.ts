/**
 * A native yardstick: a program called as `PATH S A K tau steps eta gamma seed threads dense|sparse eq|im`, steps being those of each
 * agent, that runs the same algorithm on a random problem and prints a line with its `<number> ns cpu per agent-step`.
 */
import { spawnSync } from 'node:child_process'
import type { Contestant, Effort } from './measure.ts'
import { DISCOUNT, STEP_SIZE } from './problems.ts'
import type { Averaging, Cell } from './problems.ts'

/**
 * The program at `path` as a contestant.
 * @throws Error when it fails, or prints no such line
 */
export function nativeContestant(
  name: string,
  path: string,
  { states, actions, kind, agents, tau }: Cell,
  averaging: Averaging,
  { budget }: Effort,
): Contestant {
  const run = (rounds: number): number => {
    const sizes = [states, actions, agents, tau, rounds * tau, STEP_SIZE, DISCOUNT, 1, 1]
    const words = [...sizes.map(String), kind, averaging === 'equal' ? 'eq' : 'im']
    const { status, stdout, stderr, error } = spawnSync(path, words, { encoding: 'utf8' })
    const ns = /([\d.]+) ns cpu per agent-step/.exec(stdout ?? '')?.[1]
    if (status === 0 && ns !== undefined) return Number(ns)
    throw new Error(
      `${path} ${words.join(' ')}: expected "<number> ns cpu per agent-step", got ${error?.message ?? `${stdout}${stderr}`}`,
    )
  }
  const first = run(Math.max(1, Math.round(budget / (50 * agents * tau))))
  const filling = Math.max(1, Math.round(budget / (first * agents * tau)))
  return { name, measure: () => run(filling) }
}
