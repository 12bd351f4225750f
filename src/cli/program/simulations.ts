/** The commands that simulate: run, reproduce. */
import { SEEDS, SET, type Declare, type IoOfOptions, type OptionsOf } from './declare.ts'

/** Declares them. */
export function declareSimulations(declare: Declare, io: IoOfOptions): void {
  declare(
    'run [file]',
    'simulate an experiment: run folder and report',
    'fedrl run experiment.yaml --seeds 20 --out first-run',
  )
    .option(...SEEDS)
    .option('--threads <n>', 'worker threads (default: available cores)')
    .option('--out <dir>', 'run folder (default: runs/<name>/<id>)')
    .option(...SET)
    .option('--yes', 'carry out a grid of more than 10,000 variants')
    .option('--resume <dir>', 'finish an interrupted run; takes no file')
    .action(async (file: string | undefined, options: OptionsOf<typeof import('../run.ts').run>) =>
      (await import('../run.ts')).run(file, options, io(options)),
    )
  declare(
    'reproduce [id]',
    'a published claim and its verdict; without an id: the list',
    'fedrl reproduce woo-fig3 --quick',
  )
    .option('--quick', 'fewer seeds; says what they cannot decide')
    .option('--threads <n>', 'worker threads (default: available cores)')
    .option('--out <dir>', 'run folder')
    .action(async (id: string | undefined, options: OptionsOf<typeof import('../reproduce.ts').reproduce>) =>
      (await import('../reproduce.ts')).reproduce(id, options, io(options)),
    )
}
