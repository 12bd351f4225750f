/** Real agents with a key each, in a process of their own: `URL FOLDER`. FOLDER/names.json holds them: [name, private key as PEM][]. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { built } from './processes.ts'

const [url = '', folder = ''] = process.argv.slice(2)
const keys = JSON.parse(readFileSync(join(folder, 'names.json'), 'utf8')) as [string, string][]
const { takePart } = await built<typeof import('../../src/federation/agent.ts')>('federation/agent.js')
const { journalFile } = await built<typeof import('../../src/federation/journal-file.ts')>(
  'federation/journal-file.js',
)
const { privateKeyOf, signerOf } = await built<typeof import('../../src/federation/keys/ed25519.ts')>(
  'federation/keys/ed25519.js',
)
const { invitee } = await built<typeof import('../../src/experiment/federated/join.ts')>(
  'experiment/federated/join.js',
)
const { connectWebSocket } =
  await built<typeof import('../../src/transport/websocket.ts')>('transport/websocket.js')
const { clock } = await built<typeof import('../../src/experiment/federated/clock.ts')>(
  'experiment/federated/clock.js',
)
const pems = new Map(keys)

const outcome = await takePart({
  names: keys.map(([name]) => name),
  client: 'bench',
  wantsExperiment: true,
  open: invitee(),
  connect: () => connectWebSocket(url),
  signerOf(name) {
    const key = privateKeyOf(pems.get(name) ?? '')
    return key === null ? null : signerOf(key)
  },
  journal: () => journalFile(join(folder, 'journal')),
  clock,
  patienceMs: 60_000,
})
if (outcome !== 'finished') throw new Error(`expected the run to finish, got ${outcome}`)
