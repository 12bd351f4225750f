/** A server whose agents are on a broker: what it answers over HTTP, and what a preflight beside it finds. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it } from 'vitest'
import { noBroker, startBroker } from '../../test/nats-server.ts'
import { until } from '../../test/until.ts'
import { askStatus } from './ask-status.ts'
import { httpPlaceOf } from './http-place.ts'
import type { Io } from './io.ts'
import { preflight } from './preflight.ts'
import { serve, type ServeFlags } from './serve.ts'

const root = await mkdtemp(join(tmpdir(), 'fedrl-http-'))
afterAll(() => rm(root, { recursive: true }))
afterEach(() => void (process.exitCode = undefined))

const FILE = join(root, 'experiment.yaml')
await writeFile(
  FILE,
  `environment: { family: two-state, actions: 2, discount: 0.9 }
agents: { count: 2, behavior: uniform }
algorithm: { name: fed-asyn-q, stepSize: 0.5, syncPeriod: 5, steps: 20, initial: 0 }
`,
)

const ioOf = (signal: AbortSignal, more: Partial<Io> = {}): Io => ({
  json: true,
  interactive: false,
  signal,
  result: () => undefined,
  note: () => undefined,
  ...more,
})

/** The line of a preflight on a check. */
async function found(name: string, flags: ServeFlags): Promise<string> {
  let document: unknown = null
  const io = ioOf(new AbortController().signal, { result: (result) => void (document = result) })
  await preflight(FILE, flags, io)
  const { checks } = document as { checks: { name: string; state: string; text: string }[] }
  const check = checks.find((one) => one.name === name)
  return `${check?.state}: ${check?.text}`
}

describe.skipIf(noBroker !== null)(`a broker${noBroker === null ? '' : `: ${noBroker}`}`, async () => {
  const broker = noBroker === null ? await startBroker(['-js', '-sd', join(root, 'js')]) : null
  afterAll(() => broker?.kill())
  const nats = `${broker?.url}/ward`

  it('its server says over HTTP how it stands, and a preflight that it is there', async () => {
    const stop = new AbortController()
    const notes: string[] = []
    const flags = { nats, listen: '127.0.0.1:0', out: join(root, 'run') }
    const ended = serve(FILE, flags, ioOf(stop.signal, { note: (line) => void notes.push(line) })).catch(
      (error: Error) => error.message,
    )
    const at = await until(() => /http:\/\/127\.0\.0\.1:\d+/.exec(notes.join('\n'))?.[0])
    const answer = async (path: string): Promise<number> => (await fetch(at + path)).status
    expect([await answer('/healthz'), await answer('/readyz'), await answer('/metrics')]).toEqual([200, 200, 200]) // prettier-ignore
    const status = await until(() => askStatus(at).catch(() => null))
    expect(status.agents).toHaveLength(2)
    expect(await answer('/join')).toBe(404)
    expect(notes[0]).not.toContain('browser')
    expect(await found('federation', { nats, out: join(root, 'other') })).toMatch(
      /^fail: ward is served by process \d+ on .+, run folder .+run$/,
    )
    expect(await found('status', flags)).toMatch(
      /^ok: http:\/\/127\.0\.0\.1:\d+ is free; only this machine reaches it$/,
    )
    stop.abort()
    expect(await ended).toContain('stopped: 0 of 1 trials are kept')
    await expect(fetch(`${at}/healthz`)).rejects.toThrow('fetch failed')
    expect(await found('federation', { nats, out: join(root, 'other') })).toBe('ok: no server has ward')
  })

  it('its server has no HTTP unless it is told where', async () => {
    expect(await found('status', { nats })).toBe('ok: over the broker only; --listen host:port adds HTTP')
  })
})

describe('the place', () => {
  const placed = (flags: ServeFlags) => httpPlaceOf(flags, () => undefined)

  it('is none where none is given, and takes no certificate then', async () => {
    expect(await placed({})).toBe(null)
    await expect(placed({ tlsCert: 'c', tlsKey: 'k' })).rejects.toThrow('--tls-cert: belongs to --listen')
  })

  it('is open to other machines with TLS only, or where that is said', async () => {
    await expect(placed({ listen: '0.0.0.0:0' })).rejects.toThrow(
      '--listen: other machines reach 0.0.0.0: expected --tls-cert and --tls-key',
    )
    await expect(placed({ listen: '8080' })).rejects.toThrow('--listen: expected host:port')
    const open = await placed({ listen: '0.0.0.0:0', insecure: true })
    await open?.close()
    expect(open?.isLocal).toBe(false)
  })

  it('is refused where another program has it', async () => {
    const first = await placed({ listen: '127.0.0.1:0' })
    const listen = first?.url.replace('http://', '') ?? ''
    await expect(placed({ listen })).rejects.toThrow(`--listen: cannot listen on ${listen}: another program uses this port`) // prettier-ignore
    await first?.close()
    const again = await placed({ listen })
    expect(again?.url).toBe(first?.url)
    await again?.close()
  })
})
