/**
 * Agents that only move bytes, in a process of their own: `URL CONNECTIONS UPDATES BYTES`. Each connection answers the frames that are
 * longer than an Ack with so many frames of so many bytes, by `ws` alone.
 */
import { WebSocket } from 'ws'
import { LONGEST_ACK } from './raw-server.ts'

const [url = '', connections, updates, bytes] = process.argv.slice(2)
const update = Buffer.alloc(Number(bytes))

for (let i = 0; i < Number(connections); i++) {
  const socket = new WebSocket(url, { perMessageDeflate: false })
  socket.on('message', (data: Buffer) => {
    if (data.length > LONGEST_ACK) for (let k = 0; k < Number(updates); k++) socket.send(update)
  })
  await new Promise((resolve) => socket.once('open', resolve))
}
