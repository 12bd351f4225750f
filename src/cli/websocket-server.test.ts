/** Pages that connect to a server: a browser says where they are from. */
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { WebSocket } from 'ws'
import { webSocketServerOf, type WebSocketServer, type WebSocketServerFlags } from './websocket-server.ts'

const opened: WebSocketServer[] = []
afterEach(async () => {
  for (const { listener } of opened.splice(0)) await listener.close()
})

async function serverWith(flags: WebSocketServerFlags): Promise<WebSocketServer> {
  const server = await webSocketServerOf({ listen: '127.0.0.1:0', ...flags }, () => undefined)
  opened.push(server)
  return server
}

/** What a page from there is answered: 101 lets it connect. */
async function answerTo(
  { url }: Pick<WebSocketServer, 'url'>,
  origin?: string,
  host?: string,
): Promise<number | undefined> {
  const headers = host === undefined ? {} : { host }
  const socket = new WebSocket(url, { headers, ...(origin !== undefined && { origin }) })
  socket.on('error', () => undefined)
  const answered = await Promise.race([
    once(socket, 'upgrade').then(() => 101),
    once(socket, 'unexpected-response').then(([, { statusCode }]) => statusCode as number),
  ])
  socket.terminate()
  return answered
}

describe('a server on this machine', () => {
  it('that lets everybody in takes pages of this machine, and of no other', async () => {
    const server = await serverWith({})
    expect(await answerTo(server)).toBe(101)
    for (const origin of ['http://127.0.0.1:8080', 'http://localhost:7070', 'https://[::1]'])
      expect([origin, await answerTo(server, origin)]).toEqual([origin, 101])
    for (const origin of ['https://evil.example', 'http://127.0.0.1.evil.example', 'null'])
      expect([origin, await answerTo(server, origin)]).toEqual([origin, 403])
  })

  it('that asks for keys takes pages from anywhere: without a key they are not let in', async () => {
    expect(await answerTo(await serverWith({ keys: 'keys' }), 'https://ward.example')).toBe(101)
  })
})

it('a server that other machines reach, and that lets everybody in, takes pages of its own', async () => {
  const { listener } = await serverWith({ listen: '0.0.0.0:0', insecure: true, name: 'ws://fed.lan:7070' })
  const { port } = new URL(listener.address)
  const [server, dialled] = [{ url: `ws://127.0.0.1:${port}` }, `fed.lan:${port}`]
  expect(await answerTo(server)).toBe(101)
  expect(await answerTo(server, `http://${dialled}`, dialled)).toBe(101)
  expect(await answerTo(server, `http://127.0.0.1:${port}`, `127.0.0.1:${port}`)).toBe(101)
  expect(await answerTo(server, 'http://evil.example', dialled)).toBe(403)
  // a name of somebody else's that leads here now
  const rebound = `evil.example:${port}`
  expect(await answerTo(server, `http://${rebound}`, rebound)).toBe(403)
})
