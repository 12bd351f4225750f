/** The commands about run folders and projects: list, show, verify, export, new. */
import type { Declare, IoOfOptions, OptionsOf } from './declare.ts'

/** Declares them. */
export function declareFolders(declare: Declare, io: IoOfOptions): void {
  declare('list', 'the runs of a folder', 'fedrl list --dir runs')
    .option('--dir <dir>', 'folder that holds the runs', 'runs')
    .action(async (options: OptionsOf<typeof import('../list.ts').list>) =>
      (await import('../list.ts')).list(options, io(options)),
    )
  declare('show <run>', 'the results of a run', 'fedrl show first-run').action(
    async (run: string, options: OptionsOf<typeof import('../show.ts').show>) =>
      (await import('../show.ts')).show(run, options, io(options)),
  )
  declare(
    'verify <run>',
    'repeat a finished run, and say whether the bytes agree',
    'fedrl verify first-federation',
  )
    .option('--logs <csv,...>', 'the logs that the agents brought, in the order of their indices')
    .option('--modules <ts,...>', 'the modules that the agents brought, in the order of their indices')
    .action(async (run: string, options: OptionsOf<typeof import('../verify.ts').verify>) =>
      (await import('../verify.ts')).verify(run, options, io(options)),
    )
  declare(
    'export <run>',
    'rows and models in other formats',
    'fedrl export first-run --format parquet --out rows.parquet',
  )
    .option('--format <format>', 'csv, parquet, npz or safetensors')
    .option('--out <file>', 'file to write')
    .action(async (run: string, options: OptionsOf<typeof import('../export.ts').exportRun>) =>
      (await import('../export.ts')).exportRun(run, options, io(options)),
    )
  declare('new <name>', 'a project to start from', 'fedrl new ward').action(
    async (name: string, options: OptionsOf<typeof import('../new.ts').createProject>) =>
      (await import('../new.ts')).createProject(name, options, io(options)),
  )
}
