/**
 * The command line as data: names, flags, help and examples. Nothing but this file and the parser is loaded to print help; what a
 * command does is loaded when it is called.
 */
import { Command } from 'commander'
import type { Io } from './io.ts'

/** Where help and the parser's complaints go. */
export interface Output {
  out(text: string): void
  err(text: string): void
}

/** Makes the world of a command that was called with or without `--json`. */
export type IoOf = (json: boolean) => Io

/** The options of a command as commander gives them: unparsed strings, except flags without a value. */
type OptionsOf<F> = F extends (...args: [...infer _, infer O, Io]) => unknown ? O & { json?: boolean } : never

const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value]

const SET: [string, string, typeof collect] = [
  '--set <path=value>',
  'override one key of the file; may be repeated',
  collect,
]

/** Adds a command with what every command has: `--json` and an example in its help. */
type Declare = (usage: string, summary: string, example: string, under?: Command) => Command
type IoOfOptions = (options: { json?: boolean }) => Io

function declareRuns(declare: Declare, io: IoOfOptions): void {
  declare(
    'run [file]',
    'simulate an experiment: run folder and report',
    'fedrl run experiment.yaml --seeds 20 --out first-run',
  )
    .option('--seeds <seeds>', 'a count (5), a list (1,2,7) or a range (3..8)')
    .option('--threads <n>', 'worker threads (default: available cores)')
    .option('--out <dir>', 'run folder (default: runs/<name>/<id>)')
    .option(...SET)
    .option('--yes', 'carry out a grid of more than 10,000 variants')
    .option('--resume <dir>', 'finish an interrupted run; takes no file')
    .action(async (file: string | undefined, options: OptionsOf<typeof import('./run.ts').run>) =>
      (await import('./run.ts')).run(file, options, io(options)),
    )
  declare(
    'reproduce [id]',
    'a published claim and its verdict; without an id: the list',
    'fedrl reproduce woo-fig3 --quick',
  )
    .option('--quick', 'fewer seeds; says what they cannot decide')
    .option('--threads <n>', 'worker threads (default: available cores)')
    .option('--out <dir>', 'run folder')
    .action(async (id: string | undefined, options: OptionsOf<typeof import('./reproduce.ts').reproduce>) =>
      (await import('./reproduce.ts')).reproduce(id, options, io(options)),
    )
}

/** What says where a server listens, and whom it lets in. */
const listening = (command: Command): Command =>
  command
    .option('--listen <host:port>', 'where agents connect to (default: 127.0.0.1:7070, this machine only)')
    .option('--keys <dir>', 'let in only whose keys are in this folder; see fedrl keys')
    .option('--tls-cert <pem>', 'the certificate of the server, followed by those in between')
    .option('--tls-key <pem>', 'the private key of the certificate')
    .option(
      '--name <urls>',
      'what agents dial, separated by commas, as in wss://host:7070 (default: the hosts of the certificate)',
    )
    .option('--nats <url>', 'serve over a NATS broker instead: nats://host:4222/federation or tls://')
    .option('--nats-key <pem>', 'the private key that the broker knows the server by')
    .option('--creds <file>', 'credentials for a broker that keeps its users as JWTs')
    .option('--tls-ca <pem>', 'certificates to trust beside the usual ones')
    .option('--insecure', 'let other machines in without encryption and keys')

function declareFederations(declare: Declare, io: IoOfOptions): void {
  declare(
    'up <file>',
    'a whole federation on this machine: a server, and agents in processes of their own',
    'fedrl up experiment.yaml --processes 4 --out first-federation',
  )
    .option('--processes <n>', 'processes that the agents are spread over (default: available cores)')
    .option('--out <dir>', 'run folder; one that was stopped is finished (default: runs/<name>/<id>)')
    .option('--seeds <seeds>', 'a count (5), a list (1,2,7) or a range (3..8)')
    .option(...SET)
    .action(async (file: string, options: OptionsOf<typeof import('./up.ts').up>) =>
      (await import('./up.ts')).up(file, options, io(options)),
    )
  listening(
    declare(
      'serve <file>',
      'carry an experiment out with agents that join',
      'fedrl serve experiment.yaml --listen 127.0.0.1:7070 --out federation',
    ),
  )
    .option('--out <dir>', 'run folder; one that was stopped is finished')
    .option(
      '--agents <names>',
      'names of the agents in their order, separated by commas (default: as they come)',
    )
    .option('--log <file>', 'append the log, lines of JSON, to a file; - : to stderr, in place of notes')
    .option('--log-level <level>', 'error, warn, info or debug, which tells of each phase (default: info)')
    .option('--seeds <seeds>', 'a count (5), a list (1,2,7) or a range (3..8)')
    .option(...SET)
    .action(async (file: string, options: OptionsOf<typeof import('./serve.ts').serve>) =>
      (await import('./serve.ts')).serve(file, options, io(options)),
    )
  declare(
    'join <url>',
    'take part as an agent',
    'fedrl join ws://127.0.0.1:7070 --agent ward-3 --logs ward-3.csv',
  )
    .option('--agent <name>', 'name of the agent; several, separated by commas, share the process')
    .option('--logs <csv>', 'the log to learn from; it stays here')
    .option('--module <ts>', 'a module that makes the environment to act in; it stays here')
    .option('--file <yaml>', 'the experiment as it is here, which names logs and modules of this machine')
    .option('--state <dir>', 'folder for what the agent keeps (default: .fedrl/<name>)')
    .option('--wait <seconds>', 'how long to try to join (default: 10); once in, it comes back for ever')
    .option('--key <pem>', 'the private key of the agent')
    .option('--keys <dir>', 'folder with the private key NAME.key of each agent, where there are several')
    .option('--creds <file>', 'credentials for a NATS broker that keeps its users as JWTs')
    .option('--tls-ca <pem>', 'certificates to trust in place of the usual ones')
    .option('--insecure', 'join another machine without encryption')
    .action(async (url: string, options: OptionsOf<typeof import('./join.ts').join>) =>
      (await import('./join.ts')).join(url, options, io(options)),
    )
}

function declareOperations(declare: Declare, io: IoOfOptions): void {
  declare(
    'status <url>',
    'how a federation stands: rounds, agents, bytes, refused updates',
    'fedrl status ws://127.0.0.1:7070',
  )
    .option('--tls-ca <pem>', 'certificates to trust beside the usual ones')
    .option('--nats-key <pem>', 'the private key that a NATS broker knows the server by')
    .option('--creds <file>', 'credentials for a broker that keeps its users as JWTs')
    .option('--insecure', 'ask a broker on another machine without encryption and keys')
    .action(async (url: string, options: OptionsOf<typeof import('./status.ts').status>) =>
      (await import('./status.ts')).status(url, options, io(options)),
    )
  listening(
    declare(
      'preflight <file>',
      'what would keep a server from carrying an experiment out; changes nothing',
      'fedrl preflight experiment.yaml --listen 127.0.0.1:7070 --out federation',
    ),
  )
    .option('--out <dir>', 'run folder')
    .option('--seeds <seeds>', 'a count (5), a list (1,2,7) or a range (3..8)')
    .option(...SET)
    .action(async (file: string, options: OptionsOf<typeof import('./preflight.ts').preflight>) =>
      (await import('./preflight.ts')).preflight(file, options, io(options)),
    )
}

function declareKeys(program: Command, declare: Declare, io: IoOfOptions): void {
  const keys = program
    .command('keys')
    .description('who may join a server: a folder of keys')
    .addHelpText('after', '\nExample:\n  $ fedrl keys init keys')
  const of: Declare = (usage, summary, example) => declare(usage, summary, example, keys)
  of('init <dir>', 'make a folder with an empty list', 'fedrl keys init keys').action(
    async (dir: string, options: OptionsOf<typeof import('./keys.ts').keysInit>) =>
      (await import('./keys.ts')).keysInit(dir, options, io(options)),
  )
  of('add <dir> <name>', 'let an agent in; again: by a new key', 'fedrl keys add keys ward-3')
    .option('--public <line>', 'the line of fedrl keys new, or a file with it (default: make the key here)')
    .action(async (dir: string, name: string, options: OptionsOf<typeof import('./keys.ts').keysAdd>) =>
      (await import('./keys.ts')).keysAdd(dir, name, options, io(options)),
    )
  of('new <name>', 'make the key of an agent on its own machine', 'fedrl keys new ward-3').action(
    async (name: string, options: OptionsOf<typeof import('./keys.ts').keysNew>) =>
      (await import('./keys.ts')).keysNew(name, options, io(options)),
  )
  of(
    'revoke <dir> <name>',
    'shut an agent out, also while it is there',
    'fedrl keys revoke keys ward-3',
  ).action(async (dir: string, name: string, options: OptionsOf<typeof import('./keys.ts').keysRevoke>) =>
    (await import('./keys.ts')).keysRevoke(dir, name, options, io(options)),
  )
  of('list <dir>', 'who is let in, and who is shut out', 'fedrl keys list keys').action(
    async (dir: string, options: OptionsOf<typeof import('./keys.ts').keysList>) =>
      (await import('./keys.ts')).keysList(dir, options, io(options)),
  )
}

function declareBroker(declare: Declare, io: IoOfOptions): void {
  declare(
    'nats-config <keys>',
    'the configuration of a NATS broker that holds each agent to its own subjects',
    'fedrl nats-config keys --server-key server.key --out nats.conf',
  )
    .option('--server-key <pem>', 'the private key that the broker is to know the server by')
    .option('--federation <name>', 'the federation, as in nats://host:4222/NAME (default: default)')
    .option('--listen <host:port>', 'where the broker listens (default: 127.0.0.1:4222)')
    .option('--tls-cert <pem>', 'its certificate')
    .option('--tls-key <pem>', 'the private key of its certificate')
    .option('--jetstream-dir <dir>', 'where JetStream keeps its files (default: jetstream beside --out)')
    .option('--out <file>', 'file to write (default: print it)')
    .option('--insecure', 'allow other machines to connect without encryption')
    .action(async (keys: string, options: OptionsOf<typeof import('./nats-config.ts').natsConfig>) =>
      (await import('./nats-config.ts')).natsConfig(keys, options, io(options)),
    )
}

function declareTheory(declare: Declare, io: IoOfOptions): void {
  declare('solve <mdp>', 'Q*, V*, greedy policy and residual, exactly', 'fedrl solve lake.mdp.json --json')
    .option('--layout <layout>', 'axes of P in an .npz file: SAS or ASS')
    .option('--discount <gamma>', 'discount for an .npz file, in [0, 1)')
    .action(async (mdp: string, options: OptionsOf<typeof import('./solve.ts').solve>) =>
      (await import('./solve.ts')).solve(mdp, options, io(options)),
    )
  declare(
    'coverage <file>',
    'which state-action pairs the agents reach, and how often',
    'fedrl coverage experiment.yaml',
  )
    .option('--variant <name>', 'a variant of the grid (default: the first)')
    .option('--seed <n>', 'a seed (default: the first)')
    .option(...SET)
    .action(async (file: string, options: OptionsOf<typeof import('./coverage.ts').coverage>) =>
      (await import('./coverage.ts')).coverage(file, options, io(options)),
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
    .action(async (file: string, options: OptionsOf<typeof import('./plan.ts').plan>) =>
      (await import('./plan.ts')).plan(file, options, io(options)),
    )
}

function declareFolders(declare: Declare, io: IoOfOptions): void {
  declare('list', 'the runs of a folder', 'fedrl list --dir runs')
    .option('--dir <dir>', 'folder that holds the runs', 'runs')
    .action(async (options: OptionsOf<typeof import('./list.ts').list>) =>
      (await import('./list.ts')).list(options, io(options)),
    )
  declare('show <run>', 'the results of a run', 'fedrl show first-run').action(
    async (run: string, options: OptionsOf<typeof import('./show.ts').show>) =>
      (await import('./show.ts')).show(run, options, io(options)),
  )
  declare(
    'verify <run>',
    'repeat a finished run, and say whether the bytes agree',
    'fedrl verify first-federation',
  )
    .option('--logs <csv,...>', 'the logs that the agents brought, in the order of their indices')
    .option('--modules <ts,...>', 'the modules that the agents brought, in the order of their indices')
    .action(async (run: string, options: OptionsOf<typeof import('./verify.ts').verify>) =>
      (await import('./verify.ts')).verify(run, options, io(options)),
    )
  declare(
    'export <run>',
    'rows and models in other formats',
    'fedrl export first-run --format parquet --out rows.parquet',
  )
    .option('--format <format>', 'csv, parquet, npz or safetensors')
    .option('--out <file>', 'file to write')
    .action(async (run: string, options: OptionsOf<typeof import('./export.ts').exportRun>) =>
      (await import('./export.ts')).exportRun(run, options, io(options)),
    )
  declare('new <name>', 'a project to start from', 'fedrl new ward').action(
    async (name: string, options: OptionsOf<typeof import('./new.ts').createProject>) =>
      (await import('./new.ts')).createProject(name, options, io(options)),
  )
}

/**
 * The whole command line of fedrl. Parsing throws commander's `CommanderError` where commander would have ended the process.
 * @param version printed by `--version`
 */
export function createProgram(version: string, output: Output, ioOf: IoOf): Command {
  const program = new Command('fedrl')
    .description('Federated reinforcement learning: one policy from the experience of many agents.')
    .usage('<command> [options]')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print help')
    .addHelpText('after', '\nExample:\n  $ fedrl reproduce woo-fig3')
    .exitOverride()
    // the complaint is in the error that parsing throws
    .configureOutput({
      writeOut: (text) => output.out(text),
      writeErr: (text) => output.err(text),
      outputError: () => undefined,
    })
  const declare: Declare = (usage, summary, example, under = program) =>
    under
      .command(usage)
      .description(summary)
      .option('--json', 'print one JSON document on stdout, everything else on stderr')
      .addHelpText('after', `\nExample:\n  $ ${example}`)
  const io: IoOfOptions = (options) => ioOf(options.json === true)
  declareRuns(declare, io)
  declareFederations(declare, io)
  declareOperations(declare, io)
  declareKeys(program, declare, io)
  declareBroker(declare, io)
  declareTheory(declare, io)
  declareFolders(declare, io)
  return program
}
