/** Who does not answer as a server of fedrl is told in one line. */
import { createServer as createHttp } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { afterAll, describe, expect, it } from 'vitest'
import { gatewayOf, hang } from '../experiment/federated/gateway.ts'
import { askStatus } from './ask-status.ts'
import { failureOf } from './failure.ts'

const servers: Server[] = []
afterAll(() => servers.forEach((server) => server.close()))

async function portOf(server: Server): Promise<number> {
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return (server.address() as AddressInfo).port
}

async function told(url: string): Promise<string> {
  const failure = await askStatus(url).then(
    () => null,
    (error: unknown) => failureOf(error, ''),
  )
  return `${failure?.exitCode}: ${failure?.text}`
}

describe('asking for a status', () => {
  it('says that nobody listens, or that it is no address', async () => {
    const server = createServer()
    const port = await portOf(server)
    await new Promise((resolve) => server.close(resolve))
    expect(await told(`ws://127.0.0.1:${port}`)).toBe(`1: ws://127.0.0.1:${port}: nobody listens there`)
    expect(await told('127.0.0.1:7070')).toBe(
      '2: URL: expected the address of a server, as in ws://127.0.0.1:7070, got 127.0.0.1:7070',
    )
  })

  it('says that somebody else answers', async () => {
    const page = await portOf(createHttp((_, response) => response.end('<html>')))
    const json = await portOf(createHttp((_, response) => response.end('{}')))
    const noise = await portOf(createServer((socket) => socket.end('220 smtp\r\n')))
    const silent = await portOf(createServer((socket) => socket.destroy()))
    for (const port of [page, json, noise])
      expect(await told(`ws://127.0.0.1:${port}`)).toBe(
        `1: ws://127.0.0.1:${port} answers, but is no server of fedrl`,
      )
    expect(await told(`ws://127.0.0.1:${silent}`)).toBe(
      `1: ws://127.0.0.1:${silent}: it hung up: it is no server of fedrl, or one that wants wss://`,
    )
    expect(await told(`wss://127.0.0.1:${page}`)).toContain('it speaks no TLS')
  })

  it('asks below the path of the address, where another server passes it on', async () => {
    const asked: string[] = []
    const server = createHttp((request, response) => {
      asked.push(request.url ?? '')
      response.end('{}')
    })
    const port = await portOf(server)
    for (const path of ['', '/', '/wards', '/wards/']) await told(`ws://127.0.0.1:${port}${path}`)
    expect(asked).toEqual(['/status', '/status', '/wards/status', '/wards/status'])
  })

  it('says that the server is not ready', async () => {
    const server = createHttp()
    hang(
      server,
      gatewayOf({
        readiness: () => ({ ready: false, reason: 'the server is starting' }),
        status: () => null,
        metrics: () => Promise.resolve({ contentType: 'text/plain', text: '' }),
        hidesNames: false,
      }),
    )
    const port = await portOf(server)
    expect(await told(`ws://127.0.0.1:${port}`)).toBe(
      `1: ws://127.0.0.1:${port}: the server is not ready yet`,
    )
    const ready = await fetch(`http://127.0.0.1:${port}/readyz`)
    expect([ready.status, await ready.text()]).toEqual([503, 'the server is starting\n'])
    const alive = await fetch(`http://127.0.0.1:${port}/healthz`)
    expect([alive.status, alive.headers.get('cache-control')]).toEqual([200, 'no-store'])
  })
})
