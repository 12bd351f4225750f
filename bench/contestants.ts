/** Who takes part in a cell of the table: the kernels, the loop that people write and, where they are given, native yardsticks. */
import type { KernelProblem, KernelRun } from '../src/kernel.ts'
import { startCompiled } from '../src/kernel/compiled.ts'
import { startPlain } from '../src/kernel/plain.ts'
import { contestant } from './measure.ts'
import type { Contestant, Effort } from './measure.ts'
import { nativeContestant } from './native.ts'
import { AVERAGINGS, STEP_SIZE, benchBehaviors, benchMdp } from './problems.ts'
import type { Averaging, Cell } from './problems.ts'
import { textbookRun } from './textbook.ts'

/** Seeds of a block. */
const SEEDS = 8
/** K up to which seeds in a block are measured: above, the agents of one seed fill it. */
const FEW_AGENTS = 4

/** Paths of native yardsticks, in 64 and in 32 bits. */
export interface Yardsticks {
  readonly native?: string | undefined
  readonly native32?: string | undefined
}

/** Everyone who takes part in `cell`. Names: `paired`, and with ` equal` or ` importance` behind them the others. */
export async function contestantsOf(
  cell: Cell,
  effort: Effort,
  yardsticks: Yardsticks,
): Promise<Contestant[]> {
  const { states, actions, kind, agents, tau } = cell
  const mdp = benchMdp(states, actions, kind === 'dense')
  const behaviors = benchBehaviors(mdp, agents)
  const problem = (averagings: readonly Averaging[], seeds: number): KernelProblem => ({
    states,
    actions,
    agents,
    initial: 0,
    terminal: mdp.terminal,
    syncPeriod: tau,
    lanes: averagings.map((averaging) => ({ discount: mdp.discount, averaging })),
    members: Array.from({ length: seeds }, (_, seed) => ({
      seed,
      initialSeed: seed,
      rewardRange: [0, 1],
      experience: { kind: 'walk', mdp, behaviors },
    })),
  })
  const kernel = (name: string, run: KernelRun, variants: number): Contestant =>
    contestant(name, effort, agents * tau * variants, (rounds) =>
      run.advance(rounds, tau, [STEP_SIZE, STEP_SIZE]),
    )

  const list = [kernel('paired', await startCompiled(problem(AVERAGINGS, 1)), 2)]
  for (const averaging of AVERAGINGS) {
    list.push(kernel(`compiled ${averaging}`, await startCompiled(problem([averaging], 1)), 1))
    if (agents <= FEW_AGENTS)
      list.push(kernel(`seeds ${averaging}`, await startCompiled(problem([averaging], SEEDS)), SEEDS))
    for (const name of ['native', 'native32'] as const) {
      const path = yardsticks[name]
      if (path !== undefined)
        list.push(nativeContestant(`${name} ${averaging}`, path, cell, averaging, effort))
    }
    list.push(kernel(`plain ${averaging}`, startPlain(problem([averaging], 1)), 1))
    const textbook = textbookRun(mdp, behaviors, averaging, STEP_SIZE)
    list.push(
      contestant(`textbook ${averaging}`, effort, agents * tau, (rounds) => {
        for (let i = 0; i < rounds; i++) textbook.round(tau)
      }),
    )
  }
  return list
}
