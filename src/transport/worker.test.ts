import { MessageChannel, Worker } from 'node:worker_threads'
import { expect, it } from 'vitest'
import { checkTransport, frameOf, rest, take } from '../transport.contract.ts'
import type { Guest } from '../transport.ts'
import { connectPort, listenPorts, type Port } from './worker.ts'

checkTransport('a message port', async (limits) => {
  const listener = listenPorts(limits)
  const connect = async (own = limits) => {
    const { port1, port2 } = new MessageChannel()
    listener.accept(port1 as Port)
    return connectPort(port2 as Port, own)
  }
  return { listener, connect }
})

it('carries frames to a thread and back, and tells when the thread is gone', async () => {
  const listener = listenPorts()
  const { port1, port2 } = new MessageChannel()
  // speaks the notes of a port by hand: every frame back, and counted as read
  const echo = `const { workerData: port } = require('node:worker_threads')
    port.on('message', (note) => { if (typeof note === 'number') return
      port.postMessage(note.length + 256); port.postMessage(note.map((byte) => byte ^ 255)) })`
  const worker = new Worker(echo, { eval: true, workerData: port2, transferList: [port2] })
  listener.accept(port1 as Port, 'thread 7')
  const [guest] = (await take(listener.connections, 1)) as [Guest]
  expect(guest.peer).toBe('thread 7')
  await guest.send(frameOf(3, 40_000))
  expect(await take(guest.frames, 1)).toEqual([frameOf(3, 40_000).map((byte) => byte ^ 255)])
  await worker.terminate()
  expect(await guest.closed).toEqual({ code: 'lost', reason: 'the other thread ended' })
  expect(await rest(guest.frames)).toEqual([])
})
