/**
 * A federation over NATS whose server loses its machine: killed at random instants, its run folder gone, it goes on elsewhere from the copy on
 * the broker, which is killed too; on the built program.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { Purpose, below, streamOf } from '../src/numeric/stream.ts'
import { BIN, fedrl } from './fedrl.ts'
import { noBroker, startBroker, type Broker } from './nats-server.ts'

/** So many times the server is killed; without the flag a few. */
const USUAL_KILLS = 3
const KILLS = Number(process.env['FEDRL_MIRROR_KILLS'] ?? USUAL_KILLS)
const SEED = Number(process.env['FEDRL_KILLS_SEED'] ?? 1)

const root = mkdtempSync(join(tmpdir(), 'fedrl-nats-mirror-'))
const children = new Set<ChildProcess>()
const brokers = new Set<Broker>()
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  for (const broker of brokers) await broker.kill()
  rmSync(root, { recursive: true })
})

const FILES: Readonly<Record<string, string>> = {
  'fed-asyn-q': `
name: q
environment: { family: garnet, states: 12, actions: 3, branching: 3, discount: 0.9 }
agents: { count: 5, behavior: { dirichlet: 0.5 } }
algorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 10, steps: ${2000 * KILLS}, initial: perAgent }
seeds: 1
evaluate: { every: 1000, metrics: [error, bytes] }
vary: { algorithm.averaging: [equal, importance] }
`,
  'fast-fedpg': `
name: pg
environment: { family: garnet, states: 5, actions: 3, branching: 2, discount: 0.8, seed: 3 }
agents: { count: 5, rewards: { heterogeneity: 0.7, pairs: false } }
algorithm: { name: fast-fedpg, policy: softmax, gradient: { rollouts: 4, horizon: 10 }, localSteps: 4, stepSize: 0.05, rounds: ${100 * KILLS} }
seeds: 2
evaluate: { every: 100, metrics: [J, gap, bytes] }
`,
}
/** Without the flag the first kind alone is killed. */
const KINDS = Object.keys(FILES).slice(0, KILLS > USUAL_KILLS ? undefined : 1)

const fileOf = (name: string): string => join(root, `${name}.yaml`)
for (const [name, text] of Object.entries(FILES)) writeFileSync(fileOf(name), text)

const MODELS: Readonly<Record<string, readonly string[]>> = {
  'fed-asyn-q': ['averaging=equal/1.safetensors', 'averaging=importance/1.safetensors'],
  'fast-fedpg': ['default/1.safetensors', 'default/2.safetensors'],
}

const filesOf = (name: string, folder: string): string[] =>
  [...(MODELS[name] ?? []).map((model) => join('models', model)), 'rows.csv', 'summary.json'].map((file) =>
    readFileSync(join(folder, file), 'base64'),
  )

/** The files of the same experiment, simulated. */
function simulated(name: string): string[] {
  const folder = join(root, `whole-${name}`)
  if (!existsSync(folder))
    expect(fedrl(['run', fileOf(name), '--out', folder, '--threads', '1']).code).toBe(0)
  return filesOf(name, folder)
}

/** A process of the program, and what it says on stderr. */
interface Started {
  readonly child: ChildProcess
  readonly said: () => string
}

function start(args: readonly string[]): Started {
  const child = spawn(process.execPath, [BIN, ...args], { stdio: ['ignore', 'ignore', 'pipe'] })
  children.add(child)
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
  return { child, said: () => said }
}

async function exitOf({ child }: Started): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  return child.exitCode
}

async function ended(started: Started): Promise<void> {
  const code = await exitOf(started)
  expect([code, code === 0 ? '' : started.said()]).toEqual([0, ''])
}

async function kill(started: Started): Promise<void> {
  started.child.kill('SIGKILL')
  await exitOf(started)
}

async function until(condition: () => boolean, by: Started): Promise<void> {
  while (!condition()) {
    if (by.child.exitCode !== null) throw new Error(`it ended with ${by.child.exitCode}: ${by.said()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

const recordBytes = (folder: string, run: string): number =>
  statSync(join(folder, 'federation', 'records', `${run}.jsonl`), { throwIfNoEntry: false })?.size ?? 0

/** The last line that a command has said. */
const last = ({ said }: Started): string | undefined => said().trim().split('\n').at(-1)

describe.skipIf(noBroker !== null)(
  `a run that outlives its server's machine${noBroker === null ? '' : `: ${noBroker}`}`,
  () => {
    let brokersMade = 0
    async function brokerWith(limits = ''): Promise<{ readonly broker: Broker; readonly conf: string }> {
      const conf = join(root, `nats-${brokersMade}.conf`)
      const store = JSON.stringify(join(root, `js-${brokersMade++}`))
      writeFileSync(conf, `jetstream { store_dir: ${store}\n${limits} }`)
      const broker = await startBroker(['-c', conf])
      brokers.add(broker)
      return { broker, conf }
    }
    const serve = (name: string, url: string, out: string): Started =>
      start(['serve', fileOf(name), '--nats', url, '--out', out, '--mirror'])
    const join2 = (name: string, url: string): readonly Started[] =>
      ['a,b,c', 'd,e'].map((names) => {
        const state = join(root, `${name}-${names}-${new URL(url).port}`)
        return start(['join', url, '--agent', names, '--state', state, '--wait', '60'])
      })

    for (const name of KINDS)
      it(
        `${name}: the server is killed at random instants and its folder removed, and it ends in the same bytes`,
        { timeout: 60_000 + KILLS * 20_000 },
        async () => {
          const { broker } = await brokerWith()
          const url = `${broker.url}/ward`
          const stream = streamOf(SEED, name.length, Purpose.walk)
          const out = join(root, `live-${name}`)
          const agents = join2(name, url)
          let server = serve(name, url, out)
          let kills = 0
          while (kills < KILLS) {
            await until(() => server.said().includes('listening') || server.child.exitCode !== null, server)
            await new Promise((resolve) => setTimeout(resolve, below(stream, 900)))
            if (server.child.exitCode !== null) break
            await kill(server)
            kills++
            if (kills % 3 === 2) await broker.kill()
            if (below(stream, 4) > 0) rmSync(out, { recursive: true, force: true })
            if (kills % 3 === 2) await broker.start()
            server = serve(name, url, out)
          }
          for (const one of [server, ...agents]) await ended(one)
          expect(kills).toBeGreaterThan(0)
          if (KILLS > USUAL_KILLS) console.log(`${name}: the server was killed ${kills} times`)
          expect(filesOf(name, out)).toEqual(simulated(name))
        },
      )

    it(
      'another machine goes on; the first one comes back, is told, and brings its folder up to date',
      { timeout: 120_000 },
      async () => {
        const name = 'fed-asyn-q'
        const { broker } = await brokerWith()
        const [one, two] = [join(root, 'machine-1'), join(root, 'machine-2')]
        const agents = join2(name, broker.url)
        const first = serve(name, broker.url, one)
        await until(() => recordBytes(one, '0-1') > 3000, first)
        first.child.kill('SIGSTOP')
        // it waits until the lease of the first has expired
        const second = serve(name, broker.url, two)
        await until(() => recordBytes(two, '0-1') > recordBytes(one, '0-1') + 2000, second)
        expect(second.said()).toContain(
          'the run was brought back from the broker; it was served last by process ',
        )
        const stale = recordBytes(one, '0-1')
        first.child.kill('SIGCONT')
        expect(await exitOf(first)).toBe(1)
        expect(last(first)).toMatch(
          /another server has taken the run over|the federation fedrl.default was taken over by process \d+ on .*machine-2|trials are kept; to finish: the same command again/,
        )
        await kill(second)
        rmSync(two, { recursive: true })
        expect(recordBytes(one, '0-1')).toBeLessThan(stale + 1000)
        const back = serve(name, broker.url, one)
        for (const process of [back, ...agents]) await ended(process)
        expect(back.said()).toMatch(
          /the run was brought back from the broker; .* machine-2|run folder .*machine-2/,
        )
        expect(filesOf(name, one)).toEqual(simulated(name))
      },
    )

    it(
      'a broker without room stops the server, which goes on when there is room',
      { timeout: 60_000 },
      async () => {
        const name = 'fed-asyn-q'
        const { broker, conf } = await brokerWith('max_file_store: 50000')
        const out = join(root, 'full')
        const agents = join2(name, broker.url)
        const server = serve(name, broker.url, out)
        expect(await exitOf(server)).toBe(1)
        expect(server.said()).toContain(
          `\nthe broker ${broker.url} has no room left for the mirror (insufficient resources)\n`,
        )
        expect(last(server)).toMatch(/^[01] of 2 trials are kept; to finish: the same command again$/)
        await broker.kill()
        writeFileSync(conf, readFileSync(conf, 'utf8').replace('max_file_store: 50000', ''))
        await broker.start()
        for (const process of [serve(name, broker.url, out), ...agents]) await ended(process)
        expect(filesOf(name, out)).toEqual(simulated(name))
      },
    )

    it('needs a broker', () => {
      const { code, stderr } = fedrl(['serve', fileOf('fed-asyn-q'), '--mirror', '--out', join(root, 'none')])
      expect([code, stderr]).toEqual([2, '--mirror: belongs to --nats: the broker keeps the copy\n'])
    })
  },
)
