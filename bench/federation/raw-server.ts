/** The yardstick: the frames of rounds moved by `ws` alone, between this process and two of agents. Nothing is read, kept or learned. */
import type { AddressInfo } from 'node:net'
import { WebSocketServer, type WebSocket } from 'ws'
import { ended, start } from './processes.ts'

/** Frames up to so many bytes are Acks: nothing answers them. */
export const LONGEST_ACK = 400

/** Processes of agents. */
export const PROCESSES = 2

/** The frames of a round. */
export interface Frames {
  /** connections, in all processes together */
  readonly connections: number
  /** Updates of each connection */
  readonly updates: number
  readonly taskBytes: number
  readonly updateBytes: number
  /** Acks to each connection, of {@link ackBytes} */
  readonly acks: number
  readonly ackBytes: number
}

/** Moves the frames of so many rounds after some that do not count; ms a round. */
export async function rawRounds(frames: Frames, rounds: number): Promise<number> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  await new Promise((resolve) => server.once('listening', resolve))
  const url = `ws://127.0.0.1:${(server.address() as AddressInfo).port}`
  const each = String(frames.connections / PROCESSES)
  const children = Array.from({ length: PROCESSES }, () =>
    start('raw-agents.ts', [url, each, String(frames.updates), String(frames.updateBytes)]),
  )
  const sockets: WebSocket[] = []
  const ms = await new Promise<number>((resolve) => {
    const race = racer(sockets, frames, rounds, resolve)
    server.on('connection', (socket) => {
      sockets.push(socket)
      socket.on('message', race.heard)
      if (sockets.length === frames.connections) race.begin()
    })
  })
  for (const socket of sockets) socket.close()
  await Promise.all(children.map((child) => ended(child)))
  await new Promise((resolve) => server.close(resolve))
  return ms
}

/** Sends Tasks, counts Updates, answers them with Acks. */
function racer(
  sockets: readonly WebSocket[],
  { connections, updates, taskBytes, acks, ackBytes }: Frames,
  rounds: number,
  done: (ms: number) => void,
): { begin(): void; heard(): void } {
  const [task, ack] = [Buffer.alloc(taskBytes), Buffer.alloc(ackBytes)]
  const warming = Math.ceil(rounds / 8)
  let [heard, round, since] = [0, 0, 0]
  const begin = (): void => {
    heard = 0
    for (const socket of sockets) socket.send(task)
  }
  return {
    begin,
    heard() {
      if (++heard < connections * updates) return
      if (++round === warming) since = performance.now()
      for (const socket of sockets) for (let i = 0; i < acks; i++) socket.send(ack)
      if (round < warming + rounds) begin()
      else done((performance.now() - since) / rounds)
    },
  }
}
