/** Tabs of a real Chromium beside processes of Node, against the built program: the bytes of the simulation, and nothing else leaves a tab. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Hono } from 'hono'
import type { Browser, BrowserContext } from 'playwright-core'
import { build, type Rolldown } from 'vite'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hang } from '../src/experiment/federated/gateway.ts'
import { joinLink, joinPage } from '../src/experiment/federated/join-page.ts'
import { encodeMessage } from '../src/protocol/session-codec.ts'
import { listenWebSocket } from '../src/transport/websocket.ts'
import { authority } from './certificates.ts'
import { fedrlHere } from './fedrl-here.ts'
import { fedrl } from './fedrl.ts'
import {
  EXECUTABLE,
  OTHER_HOST,
  documentedFields,
  launch,
  openTab,
  reaches,
  reachesRound,
  shownFields,
  startServer,
  textIn,
  type Tab,
} from './join-page.ts'
import { finished, freePort, killAll, startFedrl } from './processes.ts'
import { ROOT } from './source.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-browser-'))
afterAll(() => {
  killAll()
  rmSync(root, { recursive: true })
})

function fileOf(name: string, text: string): string {
  const file = join(root, `${name}.yaml`)
  writeFileSync(file, `name: ${name}\n${text}`)
  return file
}

/** Agents by index. */
const NAMES = ['tab-a', 'tab-b', 'node-a', 'node-b']

const Q = fileOf(
  'q',
  `
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 4, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 1200, initial: perAgent }
seeds: 1
evaluate: { every: 500, metrics: [error, bytes] }
`,
)

const PG = fileOf(
  'pg',
  `
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 4, rewards: { heterogeneity: 0.7, pairs: false } }
algorithm: { name: fast-fedpg, policy: softmax, gradient: { rollouts: 4, horizon: 10 }, localSteps: 4, stepSize: 0.05, rounds: 30 }
seeds: 2
evaluate: { every: 20, metrics: [J, gap, bytes] }
`,
)

const example = (name: string): string => join(ROOT, 'examples', name)

const LOG_PATHS = NAMES.map((name, agent) => {
  const path = join(root, `${name}.csv`)
  cpSync(example(agent % 2 === 0 ? 'ward-a.csv' : 'ward-b.csv'), path)
  return path
})

const LOGS = fileOf(
  'logs',
  `
environment: { mdp: ${example('ward.mdp.json')} }
agents: { logs: [${LOG_PATHS.join(', ')}] }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 7, steps: 700, initial: 0 }
seeds: 1
evaluate: { every: 350, metrics: [error, bytes] }
`,
)

const PAIR = fileOf(
  'pair',
  `
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 2, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 10, steps: 600, initial: perAgent }
seeds: 1
evaluate: { every: 200, metrics: [error, bytes] }
`,
)

/** More rounds than anybody waits for. */
const LONG = fileOf(
  'long',
  `
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 1, behavior: uniform }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 1, steps: 100000, initial: 0 }
seeds: 1
evaluate: { every: 50000, metrics: [error] }
`,
)

const files = (folder: string, models: readonly string[]): string[] =>
  [...models.map((model) => join('models', model)), 'rows.csv'].map((name) =>
    readFileSync(join(folder, name), 'base64'),
  )

/** What `fedrl run` gives. */
function simulated(file: string, models: readonly string[]): string[] {
  const out = `${file}-simulated`
  expect(fedrl(['run', file, '--out', out, '--threads', '1'])).toMatchObject({ code: 0 })
  return files(out, models)
}

/** An experiment of two agents with steps that they wrote down. */
const diaries = (agents: string): string => `
environment: { states: 3, actions: 2, discount: 0.9, rewardRange: [-2, 0] }
agents: { ${agents} }
algorithm: { name: fed-asyn-q, averaging: importance, stepSize: 0.1, syncPeriod: 7, steps: 210, initial: 0 }
seeds: 1
evaluate: { every: 70, metrics: [samples, bytes] }
`

/** The program in a document. */
const codeIn = (path: string): string =>
  /^```js\n([^]*?)^```/m.exec(readFileSync(join(ROOT, path), 'utf8'))?.[1] ?? ''

/** A program as a page loads it, one module. */
async function bundled(code: string): Promise<string> {
  const entry = join(root, 'page.js')
  writeFileSync(entry, code)
  const { exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    exports: Record<string, string | { default: string }>
  }
  const alias = Object.entries(exports).flatMap(([door, target]) =>
    typeof target === 'string' || door === '.'
      ? []
      : [{ find: `fedrl${door.slice(1)}`, replacement: join(ROOT, target.default) }],
  )
  const output = (await build({
    configFile: false,
    root: ROOT,
    logLevel: 'error',
    resolve: { alias },
    build: { write: false, target: 'es2022', lib: { entry, formats: ['es'], fileName: 'page' } },
  })) as Rolldown.RolldownOutput[]
  const [chunk] = output.flatMap((one) => one.output)
  return chunk?.type === 'chunk' ? chunk.code : ''
}

/** Lets a server listen on this machine. @returns its origin */
async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const DOCUMENTED = documentedFields()

/** Holds what the page shows as sent against docs/protocol.md. */
async function checkLedger(tab: Tab, kinds: readonly string[]): Promise<void> {
  const shown = await shownFields(tab)
  expect(Object.keys(shown).toSorted()).toEqual(kinds.toSorted())
  for (const [kind, fields] of Object.entries(shown)) {
    const closed = ['kind', ...(DOCUMENTED[kind] ?? [])]
    expect(fields.filter((field) => !closed.includes(field))).toEqual([])
    expect(fields).toContain('kind')
  }
}

describe.skipIf(EXECUTABLE === '')('in Chromium', { timeout: 400_000 }, () => {
  let browser: Browser
  const contexts: BrowserContext[] = []
  beforeAll(async () => {
    browser = await launch()
  })
  afterAll(() => browser?.close())

  /** A tab of a browser of its own, with nothing kept. */
  async function newTab(link: string): Promise<Tab> {
    const context = await browser.newContext()
    contexts.push(context)
    return openTab(context, link)
  }

  /** Starts the agent of a tab. */
  const begin = ({ page }: Tab): Promise<void> => page.click('#start')

  test('two tabs and two processes learn what the simulation does; a tab is loaded again on the way, and the server killed', async () => {
    const models = ['default/1.safetensors']
    const whole = simulated(Q, models)
    const out = join(root, 'q-live')
    const first = await startServer(Q, out, ['--agents', NAMES.join(',')])
    const [a, b] = [await newTab(`${first.link}#agent=tab-a`), await newTab(`${first.link}#agent=tab-b`)]
    await begin(a)
    await begin(b)
    await reaches(a, 'waiting')
    const nodes = ['node-a', 'node-b'].map((name) =>
      startFedrl(['join', first.url, '--agent', name, '--state', join(root, 'q', name)]),
    )
    await reachesRound(b, 20)
    await first.kill()
    for (const tab of [a, b]) await reaches(tab, 'away')
    const server = await startServer(Q, out, ['--agents', NAMES.join(',')], new URL(first.url).port)
    await reachesRound(a, 40)
    await a.page.reload()
    for (const tab of [a, b]) await reaches(tab, 'finished')
    await finished(server, ...nodes)
    expect(files(out, models)).toEqual(whole)

    await checkLedger(a, ['hello', 'q-update', 'update'])
    await checkLedger(b, ['hello', 'q-update', 'update'])
    // two Hellos, an Update of each round, and what the second server was offered again: eight at most that were not on disk, and the one due
    expect(await textIn(b, 'totals')).toMatch(/^1(2[2-9]|3[01]) messages, [\d,]+ bytes out; [\d,]+ bytes in$/)
    expect(await textIn(b, 'facts')).toMatch(/q\s+Agent\s+2 of 4\s+Run\s+1 of 1\s+Round\s+120 of 120/)
    // while there was no server, they looked for it
    for (const trouble of [...a.troubles, ...b.troubles])
      expect(trouble).toMatch(/^WebSocket connection to 'ws:\S+' failed: /)
  })

  test('the same for policy gradients; a tab is closed, another one paused and resumed', async () => {
    const models = ['default/1.safetensors', 'default/2.safetensors']
    const whole = simulated(PG, models)
    const out = join(root, 'pg-live')
    const server = await startServer(PG, out, ['--agents', NAMES.join(',')])
    const [a, b] = [await newTab(`${server.link}#agent=tab-a`), await newTab(`${server.link}#agent=tab-b`)]
    await begin(a)
    await begin(b)
    const nodes = startFedrl([
      'join',
      server.url,
      '--agent',
      'node-a,node-b',
      '--state',
      join(root, 'pg', 'nodes'),
    ])
    await reachesRound(a, 10)
    await a.page.close()
    await b.page.click('#pause')
    await reaches(b, 'paused')
    const again = await openTab(a.page.context(), `${server.link}#agent=tab-a`)
    await begin(again)
    await b.page.click('#pause')
    for (const tab of [again, b]) await reaches(tab, 'finished')
    await finished(server, nodes)
    expect(files(out, models)).toEqual(whole)
    await checkLedger(again, ['hello', 'pg-update', 'update'])
    expect([a.troubles, again.troubles, b.troubles]).toEqual([[], [], []])
  })

  test('a tab learns from a log that was chosen in it, also after it was loaded again', async () => {
    const models = ['default/1.safetensors']
    const whole = simulated(LOGS, models)
    const out = join(root, 'logs-live')
    const server = await startServer(LOGS, out, ['--agents', NAMES.join(',')])
    const tabs = [
      await newTab(`${server.link}#agent=tab-a`),
      await newTab(`${server.link}#agent=tab-b`),
    ] as const
    const logs = [example('ward-a.csv'), example('ward-b.csv')] as const
    await begin(tabs[0])
    await reaches(tabs[0], 'failed')
    expect(await textIn(tabs[0], 'reason')).toBe(
      'The agents of this experiment learn from logs of their own: choose one above. It stays in this tab.',
    )
    await tabs[0].page.setInputFiles('#log', {
      name: 'other.csv',
      mimeType: 'text/csv',
      buffer: Buffer.from('state,action,reward,next_state,terminated\n0,0,1,9,0\n'),
    })
    await begin(tabs[0])
    await tabs[0].page.locator('#reason', { hasText: 'next_state' }).waitFor()
    expect(await textIn(tabs[0], 'state')).toBe('Cannot take part')
    for (const [i, tab] of tabs.entries()) {
      await tab.page.setInputFiles('#log', logs[i] as string)
      await begin(tab)
    }
    await reaches(tabs[1], 'waiting')
    const nodes = ['node-a', 'node-b'].map((name, i) =>
      startFedrl([
        'join',
        server.url,
        '--agent',
        name,
        '--logs',
        logs[i] as string,
        '--state',
        join(root, 'l', name),
      ]),
    )
    await reachesRound(tabs[1], 20)
    await tabs[1].page.reload()
    expect(await textIn(tabs[1], 'reason')).toContain('Choose the same files again')
    await tabs[1].page.setInputFiles('#log', logs[1])
    await begin(tabs[1])
    for (const tab of tabs) await reaches(tab, 'finished')
    await finished(server, ...nodes)
    expect(files(out, models)).toEqual(whole)
    for (const tab of tabs) {
      await checkLedger(tab, ['hello', 'q-update', 'update'])
      expect(tab.troubles).toEqual([])
    }
  })

  test('a name that the server does not know, no room, a name that is taken, and a tab of the same browser', async () => {
    const server = await startServer(LONG, join(root, 'long-1'), ['--agents', 'ward'])
    const stranger = await newTab(`${server.link}#agent=somebody`)
    await begin(stranger)
    await stranger.page.waitForSelector('#reason:not([hidden])')
    expect(await textIn(stranger, 'reason')).not.toBe('')

    const first = await newTab(`${server.link}#agent=ward`)
    await begin(first)
    await reaches(first, 'learning')
    expect(await textIn(first, 'warning')).toMatch(/^A round of this experiment is a single step: /)
    const elsewhere = await newTab(`${server.link}#agent=ward`)
    await begin(elsewhere)
    await reaches(elsewhere, 'away')
    expect(await textIn(elsewhere, 'reason')).toMatch(/^name-taken: /)

    const beside = await openTab(first.page.context(), `${server.link}#agent=ward`)
    await begin(beside)
    await reaches(beside, 'failed')
    expect(await textIn(beside, 'reason')).toBe('another tab of this browser takes part as ward')

    // what the agent has kept lies in the first browser
    await first.page.click('#leave')
    await reaches(first, 'left')
    await reaches(elsewhere, 'refused')
    expect(await textIn(elsewhere, 'reason')).toContain('what this agent has kept lies in another browser')
    await begin(beside)
    await reaches(beside, 'learning')
    for (const tab of [stranger, first, elsewhere, beside]) expect(tab.troubles).toEqual([])
    await checkLedger(first, ['control', 'hello', 'q-update', 'update'])
    server.child.kill('SIGKILL')
  })

  test('a server of another version, one that cannot be reached, and one that is not protected', async () => {
    const listener = await listenWebSocket()
    hang(listener.server, new Hono().route('/join', await joinPage()))
    const turnAway = (async () => {
      for await (const guest of listener.connections) {
        const reason = 'this server speaks versions 7 to 8'
        await guest.send(encodeMessage({ kind: 'failure', code: 'version', reason, name: '' }))
        guest.close(reason)
      }
    })()
    const link = joinLink(listener.address)
    const tab = await newTab(`${link}#agent=ward`)
    await begin(tab)
    await reaches(tab, 'refused')
    expect(await textIn(tab, 'reason')).toBe(
      'This page and the server speak different versions of the protocol; load the page again. this server speaks versions 7 to 8',
    )
    await checkLedger(tab, ['hello'])

    const open = await newTab(link.replace('127.0.0.1', OTHER_HOST))
    expect(await textIn(open, 'reason')).toMatch(/without encryption .* Ask the operator for an https: link/)
    expect(await open.page.isDisabled('#start')).toBe(true)

    await listener.close()
    await turnAway
    await begin(tab)
    await reaches(tab, 'away')
    expect(await textIn(tab, 'reason')).toMatch(/^cannot connect to ws:\/\/127\.0\.0\.1:\d+\/: /)
  })

  test('off loopback: https, a key that the page makes, one from a file, and a key that is revoked', async () => {
    const models = ['default/1.safetensors']
    const whole = simulated(PAIR, models)
    const [port, keys] = [await freePort(), join(root, 'keys')]
    const operator = async (...args: readonly string[]): Promise<void> =>
      expect(await fedrlHere(['keys', ...args], root)).toMatchObject({ code: 0 })
    await operator('init', keys)
    const { cert, key } = authority(join(root, 'ca')).issue('server', [`DNS:${OTHER_HOST}`])
    const [out, name] = [join(root, 'pair-live'), `wss://${OTHER_HOST}:${port}`]
    const secured = ['--keys', keys, '--tls-cert', cert, '--tls-key', key, '--name', name]
    const serve = startFedrl(['serve', PAIR, '--listen', `127.0.0.1:${port}`, '--out', out, ...secured])
    await serve.saying(/https:\S+/)
    const link = `https://${OTHER_HOST}:${port}/join`
    const open = async (agent: string): Promise<Tab> => {
      const context = await browser.newContext({ ignoreHTTPSErrors: true })
      contexts.push(context)
      return openTab(context, `${link}#agent=${agent}`)
    }
    const [own, file] = [await open('ward'), await open('clinic')]
    await begin(own)
    await reaches(own, 'refused')
    await own.page.click('summary')
    await own.page.click('#make-key')
    await own.page.locator('#public-line', { hasText: /^ward ed25519 / }).waitFor()
    await operator('add', keys, 'ward', '--public', await textIn(own, 'public-line'))
    await operator('add', keys, 'clinic')
    await serve.saying(/2 let in, 0 revoked/)
    await begin(own)
    await reaches(own, 'waiting')
    await operator('revoke', keys, 'ward')
    await reaches(own, 'refused')
    expect(await textIn(own, 'reason')).toMatch(/^The key of this agent was revoked\. /)
    await operator('add', keys, 'ward', '--public', await textIn(own, 'public-line'))
    await serve.saying(/1 let in, 1 revoked[^]*2 let in, 0 revoked/)
    await begin(own)
    await reaches(own, 'waiting')
    await file.page.click('summary')
    await file.page.setInputFiles('#pem', join(keys, 'clinic.key'))
    await begin(file)
    await reachesRound(file, 5)
    await own.page.reload()
    for (const tab of [own, file]) await reaches(tab, 'finished')
    await finished(serve)
    expect(files(out, models)).toEqual(whole)
    await checkLedger(own, ['hello', 'proof', 'q-update', 'update'])
    expect([own.troubles, file.troubles]).toEqual([[], []])
  })

  test("a page of one's own, as in docs/browser.md, learns as an agent that fedrl run simulates", async () => {
    const models = ['default/1.safetensors']
    const whole = simulated(fileOf('diary', diaries(`logs: [${LOG_PATHS.slice(0, 2).join(', ')}]`)), models)
    const out = join(root, 'own-live')
    const server = await startServer(fileOf('own', diaries('count: 2, experience: own')), out, [
      '--agents',
      'diary,node',
    ])
    const node = startFedrl([
      'join',
      server.url,
      '--agent',
      'node',
      '--logs',
      LOG_PATHS[1] as string,
      '--state',
      join(root, 'own'),
    ])
    const script = await bundled(codeIn('docs/browser.md'))
    const site = createServer((request, response) => {
      const isScript = request.url === '/page.js'
      response.setHeader('content-type', isScript ? 'text/javascript' : 'text/html')
      response.end(
        isScript
          ? script
          : '<!doctype html><link rel="icon" href="data:,"><body><script type="module" src="/page.js"></script>',
      )
    })
    const at = await listening(site)
    const page = await (await browser.newContext()).newPage()
    const diary = readFileSync(LOG_PATHS[0] as string, 'utf8')
    await page.addInitScript(`localStorage.setItem('diary', ${JSON.stringify(diary)})`)
    await page.goto(`${at}/?server=${encodeURIComponent(server.url)}`)
    await page.getByText('finished', { exact: true }).waitFor()
    await finished(server, node)
    expect(files(out, models)).toEqual(whole)
    site.close()
  })

  test('the page can be used by keyboard alone, names what it shows, and fits a phone', async () => {
    const listener = await listenWebSocket()
    hang(listener.server, new Hono().route('/join', await joinPage()))
    const { page } = await newTab(joinLink(listener.address))
    const trail: string[] = []
    for (let i = 0; i < 5; i++) {
      await page.keyboard.press('Tab')
      trail.push(await page.evaluate<string>('document.activeElement.id || document.activeElement.localName'))
    }
    expect(trail).toEqual(['name', 'log', 'summary', 'start', 'DIV'.toLowerCase()])
    expect(
      await page.evaluate(
        '[...document.querySelectorAll("input")].filter((one) => one.labels.length === 0).length',
      ),
    ).toBe(0)
    await page.setViewportSize({ width: 320, height: 640 })
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320)
    await page.emulateMedia({ colorScheme: 'dark' })
    const [ink, ground] = await page.evaluate<string[]>(
      '[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]',
    )
    expect([ink, ground]).toEqual(['rgb(232, 233, 235)', 'rgb(22, 24, 27)'])
    await listener.close()
  })
})

test('the page is served with a policy that keeps it to its server', async () => {
  const server = createServer()
  hang(server, new Hono().route('/join', await joinPage()))
  const origin = await listening(server)
  const whole = await fetch(`${origin}/join`)
  expect([whole.status, new URL(whole.url).pathname]).toEqual([200, '/join/'])
  expect(whole.headers.get('content-security-policy')).toBe(
    `default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self' ${origin.replace('http', 'ws')} ${origin.replace('http', 'wss')}; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  )
  expect(await whole.text()).not.toMatch(/(src|href)="(?!\.\/)/)
  for (const path of ['/join/nothing', '/join/../package.json', '/join/%2e%2e/package.json'])
    expect((await fetch(`${origin}${path}`)).status).toBe(404)
  server.close()
})
