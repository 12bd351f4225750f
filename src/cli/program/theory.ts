/** The commands that compute: solve, coverage, plan. */
import { SET, type Declare, type IoOfOptions, type OptionsOf } from './declare.ts'

/** Declares them. */
export function declareTheory(declare: Declare, io: IoOfOptions): void {
  declare('solve <mdp>', 'Q*, V*, greedy policy and residual, exactly', 'fedrl solve lake.mdp.json --json')
    .option('--layout <layout>', 'axes of P in an .npz file: SAS or ASS')
    .option('--discount <gamma>', 'discount for an .npz file, in [0, 1)')
    .action(async (mdp: string, options: OptionsOf<typeof import('../solve.ts').solve>) =>
      (await import('../solve.ts')).solve(mdp, options, io(options)),
    )
  declare(
    'coverage <file>',
    'which state-action pairs the agents reach, and how often',
    'fedrl coverage experiment.yaml',
  )
    .option('--variant <name>', 'a variant of the grid (default: the first)')
    .option('--seed <n>', 'a seed (default: the first)')
    .option(...SET)
    .action(async (file: string, options: OptionsOf<typeof import('../coverage.ts').coverage>) =>
      (await import('../coverage.ts')).coverage(file, options, io(options)),
    )
  declare(
    'plan <file>',
    'step size, sync period, steps, rounds and bytes that theory asks for',
    'fedrl plan experiment.yaml --epsilon 0.1',
  )
    .option('--epsilon <e>', 'accuracy of Q, in (0, 1/(1-gamma)]')
    .option('--delta <d>', 'probability of failure, in (0, 1)')
    .option('--bound <version>', 'bound of equal averaging: jmlr (mu_avg) or icml (mu_min)')
    .option('--c-t <c>', 'constant of the bounds on T')
    .option('--c-eta <c>', 'constant of the bounds on eta')
    .option('--variant <name>', 'a variant of the grid (default: the first)')
    .option('--seed <n>', 'a seed (default: the first)')
    .option(...SET)
    .action(async (file: string, options: OptionsOf<typeof import('../plan.ts').plan>) =>
      (await import('../plan.ts')).plan(file, options, io(options)),
    )
}
