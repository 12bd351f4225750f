/** The commands of who operates a federation: status, preflight, keys, nats-config. */
import type { Command } from 'commander'
import type { Declare, IoOfOptions, OptionsOf } from './declare.ts'
import { serving } from './federations.ts'

/** Declares status and preflight. */
export function declareOperations(declare: Declare, io: IoOfOptions): void {
  declare(
    'status <url>',
    'how a federation stands: rounds, agents, bytes, refused updates',
    'fedrl status ws://127.0.0.1:7070',
  )
    .option('--tls-ca <pem>', 'certificates to trust in place of the usual ones')
    .option('--nats-key <pem>', 'the private key that a NATS broker knows the server by')
    .option('--creds <file>', 'credentials for a broker that keeps its users as JWTs')
    .option('--insecure', 'ask a broker on another machine without encryption and keys')
    .action(async (url: string, options: OptionsOf<typeof import('../status.ts').status>) =>
      (await import('../status.ts')).status(url, options, io(options)),
    )
  serving(
    declare(
      'preflight <file>',
      'what would keep a server from carrying an experiment out; changes nothing',
      'fedrl preflight experiment.yaml --listen 127.0.0.1:7070 --out federation',
    ),
  ).action(async (file: string, options: OptionsOf<typeof import('../preflight.ts').preflight>) =>
    (await import('../preflight.ts')).preflight(file, options, io(options)),
  )
}

/** Declares `fedrl keys` with its own commands. */
export function declareKeys(program: Command, declare: Declare, io: IoOfOptions): void {
  const keys = program
    .command('keys')
    .description('who may join a server: a folder of keys')
    .addHelpText('after', '\nExample:\n  $ fedrl keys init keys')
  const of: Declare = (usage, summary, example) => declare(usage, summary, example, keys)
  of('init <dir>', 'make a folder with an empty list', 'fedrl keys init keys').action(
    async (dir: string, options: OptionsOf<typeof import('../keys.ts').keysInit>) =>
      (await import('../keys.ts')).keysInit(dir, options, io(options)),
  )
  of('add <dir> <name>', 'let an agent in; again: by a new key', 'fedrl keys add keys ward-3')
    .option('--public <line>', 'the line of fedrl keys new, or a file with it (default: make the key here)')
    .action(async (dir: string, name: string, options: OptionsOf<typeof import('../keys.ts').keysAdd>) =>
      (await import('../keys.ts')).keysAdd(dir, name, options, io(options)),
    )
  of('new <name>', 'make the key of an agent on its own machine', 'fedrl keys new ward-3').action(
    async (name: string, options: OptionsOf<typeof import('../keys.ts').keysNew>) =>
      (await import('../keys.ts')).keysNew(name, options, io(options)),
  )
  of(
    'revoke <dir> <name>',
    'shut an agent out, also while it is there',
    'fedrl keys revoke keys ward-3',
  ).action(async (dir: string, name: string, options: OptionsOf<typeof import('../keys.ts').keysRevoke>) =>
    (await import('../keys.ts')).keysRevoke(dir, name, options, io(options)),
  )
  of('list <dir>', 'who is let in, and who is shut out', 'fedrl keys list keys').action(
    async (dir: string, options: OptionsOf<typeof import('../keys.ts').keysList>) =>
      (await import('../keys.ts')).keysList(dir, options, io(options)),
  )
}

/** Declares nats-config. */
export function declareBroker(declare: Declare, io: IoOfOptions): void {
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
    .action(async (keys: string, options: OptionsOf<typeof import('../nats-config.ts').natsConfig>) =>
      (await import('../nats-config.ts')).natsConfig(keys, options, io(options)),
    )
}
