/**
 * What a real federation costs beside the libraries under it, side by side: rounds a second, large Updates, ten thousand agents, transports.
 * `npm run bench:federation -- [--quick] [--only rounds|large|many|websocket|nats] [--nats URL]`. Only all parts together are recorded.
 */
import { measureLarge, type Large } from './federation/large.ts'
import { measureMany, type Many } from './federation/many.ts'
import { measureRounds, type Rounds } from './federation/rounds.ts'
import { circumstances, described, record, table } from './results.ts'
import { cellTable, compareNats, compareWebSocket, shown, type Cell } from './transport.ts'

const quick = process.argv.includes('--quick')
const valueOf = (flag: string): string | null => {
  const at = process.argv.indexOf(flag)
  return at < 0 ? null : (process.argv[at + 1] ?? null)
}
const only = valueOf('--only')

const roundsText = ({ agents, ours, raw, ratio, frames, rounds }: Rounds): string =>
  `### Rounds

S = 20, A = 5, K = ${agents}, tau = 100, importance averaging, ${rounds} rounds by \`fedrl up --processes 2\`: checkpoints, record and journals are synced to disk.
Raw: the same frames by \`ws\` alone, ${frames.connections} processes, of each round and process a Task of ${frames.taskBytes} bytes, ${frames.updates} Updates of ${frames.updateBytes} (the mean) and ${frames.acks} Acks of ${frames.ackBytes}.

${table(
  ['rounds a second', 'ours, ms a round', 'raw, ms a round', 'ours / raw'],
  [[(1000 / ours.median).toFixed(0), shown(ours, 2), shown(raw, 2), shown(ratio, 2)]],
)}`

const largeText = ({ agents, updateBytes, ours, raw, ratio, live, resident }: Large): string =>
  `### Large Updates

${agents} agents with a connection each in 2 processes, Updates and Tasks of ${updateBytes} bytes; the server is \`fedrl serve\`, the agents answer without
learning. Memory: how much that of the server grew from the first Task on at the most, in Updates an agent; live is what a collection of
garbage leaves, in a run of its own.

${table(
  ['ours, Updates a second', 'raw, Updates a second', 'ours / raw', 'live memory', 'resident memory'],
  [[shown(ours, 0), shown(raw, 0), shown(ratio, 2), live.toFixed(2), shown(resident, 1)]],
)}`

const manyText = ({ agents, seconds }: Many): string =>
  `### Many agents

${agents} agents with an Ed25519 key each, in 2 processes with one WebSocket each: from the start of these processes until their first round is on the
server's disk, challenges, Proofs and local steps included: ${shown(seconds, 1)} s.`

const echoText = (title: string, cells: readonly Cell[]): string =>
  `### ${title}\n\nFrames echoed, one under way over each connection; JetStream would store every frame.\n\n${cellTable(cells)}`

/** A part that was asked for, told as soon as it is there. */
async function part<T>(
  name: string,
  measure: () => Promise<T>,
  textOf: (found: T) => string,
): Promise<{ readonly name: string; readonly found: T; readonly text: string } | null> {
  if (only !== null && only !== name) return null
  const found = await measure()
  const text = textOf(found)
  console.log(`\n${text}`)
  return { name, found, text }
}

const effort = quick ? { repetitions: 3, budgetMs: 300 } : { repetitions: 7, budgetMs: 1000 }
const where = circumstances()
const how = described(where, 'npm run bench:federation')
console.log(how)
const parts = [
  await part('rounds', () => measureRounds(quick ? 500 : 3000, quick ? 3 : 7), roundsText),
  await part('large', () => measureLarge(quick ? 20 : 60, quick ? 3 : 5), largeText),
  await part('many', () => measureMany(quick ? 1000 : 10_000, quick ? 1 : 3), manyText),
  await part(
    'websocket',
    () => compareWebSocket(effort),
    (cells) => echoText('WebSocket', cells),
  ),
  await part(
    'nats',
    () => compareNats(valueOf('--nats'), effort),
    (cells) => echoText('NATS', cells),
  ),
].filter((one) => one !== null)
if (only === null && !quick) {
  const data = Object.fromEntries(parts.map(({ name, found }) => [name, found]))
  await record('federation', { ...where, ...data }, [how, ...parts.map(({ text }) => text)].join('\n\n'))
}
