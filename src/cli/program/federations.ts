/** The commands of a federation: up, serve, join. */
import type { Command } from 'commander'
import { SEEDS, SET, type Declare, type IoOfOptions, type OptionsOf } from './declare.ts'

/** All that a server is told beside its file: serve and preflight take the same. */
export const serving = (command: Command): Command =>
  command
    .option(
      '--listen <host:port>',
      'where agents connect to (default: 127.0.0.1:7070, this machine only); with --nats, where status and metrics are (default: nowhere)',
    )
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
    .option('--tls-ca <pem>', 'certificates to trust in place of the usual ones')
    .option('--insecure', 'let other machines in without encryption and keys')
    .option('--out <dir>', 'run folder; one that was stopped is finished (default: runs/<name>/<id>)')
    .option(
      '--agents <names>',
      'names of the agents in their order, separated by commas (default: as they come)',
    )
    .option('--mirror', 'keep a copy of the run on the NATS broker: another machine can go on from it')
    .option('--log <file>', 'append the log, lines of JSON, to a file; - : to stderr, in place of notes')
    .option('--log-level <level>', 'error, warn, info or debug, which tells of each phase (default: info)')
    .option(...SEEDS)
    .option(...SET)

/** Declares them. */
export function declareFederations(declare: Declare, io: IoOfOptions): void {
  declareUp(declare, io)
  declareServe(declare, io)
  declareJoin(declare, io)
}

function declareUp(declare: Declare, io: IoOfOptions): void {
  declare(
    'up <file>',
    'a whole federation on this machine: a server, and agents in processes of their own',
    'fedrl up experiment.yaml --processes 4 --out first-federation',
  )
    .option('--processes <n>', 'processes that the agents are spread over (default: available cores)')
    .option('--out <dir>', 'run folder; one that was stopped is finished (default: runs/<name>/<id>)')
    .option(...SEEDS)
    .option(...SET)
    .action(async (file: string, options: OptionsOf<typeof import('../up.ts').up>) =>
      (await import('../up.ts')).up(file, options, io(options)),
    )
}

function declareServe(declare: Declare, io: IoOfOptions): void {
  serving(
    declare(
      'serve <file>',
      'carry an experiment out with agents that join',
      'fedrl serve experiment.yaml --listen 127.0.0.1:7070 --out federation',
    ),
  ).action(async (file: string, options: OptionsOf<typeof import('../serve.ts').serve>) =>
    (await import('../serve.ts')).serve(file, options, io(options)),
  )
}

function declareJoin(declare: Declare, io: IoOfOptions): void {
  declare(
    'join <url>',
    'take part as an agent',
    'fedrl join ws://127.0.0.1:7070 --agent ward-3 --logs ward-3.csv',
  )
    .option(
      '--agent <name>',
      'name of the agent; several, separated by commas, share the process; - : they are on stdin',
    )
    .option('--logs <csv>', 'the log to learn from; it stays here')
    .option('--module <ts>', 'a module that makes the environment to act in; it stays here')
    .option('--file <yaml>', 'the experiment as it is here, which names logs and modules of this machine')
    .option('--state <dir>', 'folder for what the agent keeps (default: .fedrl/<name>)')
    .option('--wait <seconds>', 'how long to try to join (default: 10)')
    .option(
      '--give-up <seconds>',
      'how long, once in, to look for a server that is gone (default: for ever, it may be started again)',
    )
    .option('--key <pem>', 'the private key of the agent')
    .option('--keys <dir>', 'folder with the private key NAME.key of each agent, where there are several')
    .option('--creds <file>', 'credentials for a NATS broker that keeps its users as JWTs')
    .option('--tls-ca <pem>', 'certificates to trust in place of the usual ones')
    .option('--insecure', 'join another machine without encryption')
    .action(async (url: string, options: OptionsOf<typeof import('../join.ts').join>) =>
      (await import('../join.ts')).join(url, options, io(options)),
    )
}
