/**
 * Agents that speak the protocol and learn nothing, each over a connection of its own: `URL FIRST COUNT ENTRIES`. They answer every Task
 * with an Update of zeros for all entries, made beforehand, and say when the first and the last Task came.
 */
import { WebSocket } from 'ws'
import { built } from './processes.ts'

const [url = '', first, count, entries] = process.argv.slice(2)
const { encodeMessage, decodeMessage } =
  await built<typeof import('../../src/protocol/session-codec.ts')>('protocol/session-codec.js')
const { encodeUpdate } = await built<typeof import('../../src/protocol/q-codec.ts')>('protocol/q-codec.js')
const changes = new Float64Array(Number(entries))

/** The Update of an agent for each round below 128, in one piece of memory: rounds differ in two bytes. */
function updatesOf(agent: number): (round: number) => Uint8Array {
  const at = (round: number): Uint8Array => {
    const frame = encodeUpdate({ agent, round, entries: null, changes, visits: null })
    return encodeMessage({ kind: 'update', variant: 0, seed: 1, round, phase: 0, agent, frame })
  }
  const [bytes, other] = [at(1), at(2)]
  const places = Array.from(bytes.keys()).filter((i) => bytes[i] !== other[i])
  return (round) => {
    for (const place of places) bytes[place] = round
    return bytes
  }
}

let [finished, since, until, rounds] = [0, 0, 0, 0]

function told(round: number): void {
  if (round === 0) process.send?.({ type: 'begun' })
  until = performance.now()
  if (round === 10) since = until
  rounds = round - 10
}

function join(name: string, isFirst: boolean): Promise<void> {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  let update: ((round: number) => Uint8Array) | null = null
  return new Promise((resolve) => {
    socket.on('open', () =>
      socket.send(
        encodeMessage({ kind: 'hello', lowest: 1, highest: 1, name, client: 'bench', experiment: 0 }),
      ),
    )
    socket.on('message', (data: Buffer) => {
      const read = decodeMessage(data, { bytes: Infinity, agents: Infinity })
      if (!read.ok) throw new Error(JSON.stringify(read.issues))
      const message = read.value
      if (message.kind === 'welcome') {
        update = updatesOf(message.agent)
        resolve()
      } else if (message.kind === 'task' && update !== null) {
        if (isFirst) told(message.round)
        socket.send(update(message.round))
      } else if (message.kind === 'control' && message.action === 'finished') {
        socket.close(1000, 'finished')
        if (++finished === Number(count)) {
          process.send?.({ type: 'done', ms: (until - since) / rounds })
          process.disconnect()
        }
      } else if (message.kind === 'failure') throw new Error(message.reason)
    })
  })
}

for (let i = 0; i < Number(count); i++) await join(`agent-${Number(first) + i}`, i === 0)
