import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { mkdir, rename, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { loseTail, memoryBroker, memoryMirror, type MemoryBroker } from '../../../test/memory-mirror.ts'
import type { RecordLine } from '../../federation/served-run.ts'
import type { Writer } from '../disk.ts'
import { InputError, RunError } from '../errors.ts'
import { experimentText, manifestOf } from '../manifest.ts'
import { parseExperiment } from '../parse.ts'
import { createRunFolder, MANIFEST } from '../run-folder.ts'
import { diskStore } from './disk-store.ts'
import { mirroredFolder, type MirroredFolder } from './mirror.ts'

const root = mkdtempSync(join(tmpdir(), 'fedrl-mirrored-'))
afterAll(() => rmSync(root, { recursive: true }))
let folders = 0
const newFolder = (): string => join(root, `machine-${folders++}`)

const parsed = parseExperiment(
  'environment: { family: two-state, actions: 2, discount: 0.9 }\nagents: { count: 2 }\nalgorithm: { name: fed-asyn-q, averaging: equal, stepSize: 0.1, syncPeriod: 5, steps: 10 }\nseeds: 2\n',
  { folder: root, name: 'q' },
)
if (!parsed.ok) throw new Error(JSON.stringify(parsed.issues))
const experiment = parsed.value

/** Thrown where a test lets a server go down. */
class Crash extends Error {}

/** Goes down at the call after so many. */
function bomb(calls: number): () => void {
  let left = calls
  return () => {
    if (--left < 0) throw new Crash('the server went down')
  }
}

const RUNS = [
  { variant: 0, seed: 1 },
  { variant: 0, seed: 2 },
]
const PHASES = 6

/** A file in place of another in one step, as far as this process can tell. */
const writeQuickly =
  (call: () => void): Writer =>
  async (path, chunks) => {
    call()
    const pieces: Uint8Array[] = []
    for await (const chunk of chunks) pieces.push(chunk)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(`${path}.tmp`, Buffer.concat(pieces))
    await rename(`${path}.tmp`, path)
    call()
  }

let sessions = 0

interface Machine {
  readonly out: string
  readonly broker: MemoryBroker
  readonly call?: () => void
  readonly notes?: string[]
  readonly run?: string
}

/** The machine whose server came as far as to serve last, by broker. */
const lastServed = new WeakMap<MemoryBroker, string>()
/** The machine that alone has what a broker has lost, until it has served again. */
const indebted = new WeakMap<MemoryBroker, string>()

/** A server that begins on a machine, as far as to the run folder. */
async function opened({
  out,
  broker,
  call = () => {},
  notes = [],
  run = 'x',
}: Machine): Promise<MirroredFolder> {
  const write = writeQuickly(call)
  const folder = await mirroredFolder(experiment, {
    mirror: memoryMirror(broker, `the server of ${out}`, call),
    out,
    isBegun: existsSync(join(out, MANIFEST)),
    run,
    session: `session ${sessions++}`,
    write,
    onNote: (line) => void notes.push(line),
  })
  if (folder === null) throw new Error('the run is finished')
  if (!existsSync(join(out, MANIFEST))) {
    const manifest = await manifestOf(experiment, experimentText(experiment))
    await (await createRunFolder(experiment, manifest, write, out)).release()
  }
  await folder.begun(out)
  lastServed.set(broker, out)
  indebted.delete(broker)
  return folder
}

const lineOf = (round: number, life: number): RecordLine => ({
  round,
  phase: 0,
  agents: [0, life],
  late: [],
  measured: [],
})

const stateOf = (lines: readonly RecordLine[]): Uint8Array => new TextEncoder().encode(JSON.stringify(lines))

/** What servers have promised: the lines of each run, and the runs whose product is kept. */
interface Promised {
  readonly lines: Map<number, readonly RecordLine[]>
  readonly products: Map<number, string>
}

const partOf = (seed: number): string => join('parts', 'default', `${seed}.part`)

/** A server from its start to the end of the run, or until it goes down. */
async function serve(machine: Machine, life: number, promised: Promised): Promise<void> {
  const { out } = machine
  const folder = await opened(machine)
  const store = diskStore(out, folder.write, folder.record)
  try {
    await store.keepMembers(['a', 'b'])
    for (const [index, run] of RUNS.entries()) {
      const product = promised.products.get(run.seed)
      const part = join(out, partOf(run.seed))
      if (product !== undefined) expect(readFileSync(part, 'utf8')).toBe(product)
      if (existsSync(part)) continue
      const saved = await store.load(run)
      const before = promised.lines.get(run.seed) ?? []
      const lines = [...(saved?.lines ?? [])]
      expect(lines.slice(0, before.length)).toEqual(before)
      if (saved !== null) expect(new Uint8Array(saved.checkpoint)).toEqual(stateOf(lines))
      while (lines.length < PHASES) {
        const count = Math.min(PHASES - lines.length, 1 + (life % 2))
        const more = Array.from({ length: count }, (_, i) => lineOf(lines.length + i, life))
        lines.push(...more)
        await store.save(run, more, stateOf(lines))
        promised.lines.set(run.seed, [...lines])
      }
      await folder.write(join(out, 'models', 'default', `${run.seed}.safetensors`), [stateOf(lines)])
      await folder.write(part, [stateOf(lines)])
      promised.products.set(run.seed, new TextDecoder().decode(stateOf(lines)))
      const last = RUNS[index - 1]
      if (last !== undefined) await store.forget(last)
    }
    for (const run of RUNS) await store.forget(run)
    await folder.finish()
  } finally {
    await store.close()
  }
}

/** The files of a run folder that are mirrored, by path, but whose it is. */
function filesIn(out: string): Record<string, string> {
  const files: Record<string, string> = {}
  for (const folder of ['federation', 'models', 'parts'])
    for (const entry of existsSync(join(out, folder))
      ? readdirSync(join(out, folder), { recursive: true, withFileTypes: true })
      : [])
      if (entry.isFile() && entry.name !== 'mirror.json')
        files[join(entry.parentPath, entry.name).slice(out.length + 1)] = readFileSync(
          join(entry.parentPath, entry.name),
          'utf8',
        )
  return files
}

const mirrored = ({ files }: MemoryBroker): Record<string, string> =>
  Object.fromEntries(
    [...files]
      .filter(([path]) => path !== 'head.json')
      .map(([path, content]) => [path, new TextDecoder().decode(content)]),
  )

const mirroredState = ({ files }: MemoryBroker): unknown =>
  (JSON.parse(new TextDecoder().decode(files.get('head.json'))) as { state: unknown }).state

/** What happens to one server after another: it goes down at a call; the next is on this machine, if not on a machine that has never served or had served before. */
const LIFE = fc.record({
  calls: fc.integer({ min: 0, max: 70 }),
  next: fc.constantFrom('same', 'new', 'former', 'same, the broker lost something'),
  lost: fc.integer({ min: 1, max: 6 }),
})

describe('a run folder with a mirror', () => {
  it('keeps what was promised, whatever goes down at whichever call, on whichever machine', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(LIFE, { minLength: 1, maxLength: 8 }), async (lives) => {
        const broker = memoryBroker()
        const promised: Promised = { lines: new Map(), products: new Map() }
        const machines = [newFolder()]
        let out = machines[0] as string
        for (const [life, { calls, next, lost }] of lives.entries()) {
          let isOver = true
          try {
            await serve({ out, broker, call: bomb(calls) }, life, promised)
          } catch (error) {
            const isRefused = error instanceof InputError && error.message.includes('is not whole')
            if (!(error instanceof Crash) && !isRefused) throw error
            isOver = false
            if (isRefused) out = lastServed.get(broker) as string
          }
          if (isOver) break
          if (next === 'new') machines.push((out = newFolder()))
          if (next === 'former') out = machines[lost % machines.length] as string
          out = indebted.get(broker) ?? out
          if (next.startsWith('same,') && lastServed.get(broker) === out) {
            loseTail(broker, lost)
            indebted.set(broker, out)
          }
        }
        const last = newFolder()
        if (broker.files.has('head.json') && mirroredState(broker) === 'filling')
          out = lastServed.get(broker) as string
        await serve({ out, broker }, 8, promised).catch((error: unknown) => {
          if (!(error instanceof Error) || error.message !== 'the run is finished') throw error
        })
        expect(mirrored(broker)).toEqual(filesIn(out))
        await opened({ out: last, broker })
        expect(filesIn(last)).toEqual(filesIn(out))
      }),
      { seed: 1, numRuns: Number(process.env['FEDRL_MIRROR_RUNS'] ?? 60) },
    )
  }, 120_000)

  it('shuts out a server whose run has been taken over, and brings its folder up to date', async () => {
    const broker = memoryBroker()
    const [one, other] = [newFolder(), newFolder()]
    const promised: Promised = { lines: new Map(), products: new Map() }
    const stale = await opened({ out: one, broker })
    const store = diskStore(one, stale.write, stale.record)
    await store.keepMembers(['a', 'b'])
    const run = { variant: 0, seed: 1 }
    await store.load(run)
    await store.save(run, [lineOf(0, 1)], stateOf([lineOf(0, 1)]))
    await expect(serve({ out: other, broker, call: bomb(30) }, 3, promised)).rejects.toThrow(Crash)
    for (const act of [
      () => store.save(run, [lineOf(1, 9)], stateOf([lineOf(0, 1), lineOf(1, 9)])),
      () => store.keepMembers(['a', 'x']),
      () => stale.finish(),
    ])
      await expect(act()).rejects.toThrow(new RunError('another server has taken the run over'))
    await store.close()

    const notes: string[] = []
    await opened({ out: one, broker, notes })
    expect(notes).toEqual([
      `the run was brought back from the broker; it was served last by the server of ${other}`,
    ])
    expect(filesIn(one)).toEqual(mirrored(broker))
    expect(promised.lines.get(1)?.length).toBeGreaterThan(0)
  })

  it('a broker that has lost its tail, or all, gets back what the folder of the last server has', async () => {
    const broker = memoryBroker()
    const out = newFolder()
    const promised: Promised = { lines: new Map(), products: new Map() }
    await expect(serve({ out, broker, call: bomb(60) }, 3, promised)).rejects.toThrow(Crash)
    const before = filesIn(out)
    for (const all of [false, true]) {
      loseTail(broker, all ? broker.history.length : 8)
      const notes: string[] = []
      await opened({ out, broker, notes })
      expect(notes).toEqual(['the broker had less of the run than this folder, and has it all now'])
      expect([filesIn(out), mirrored(broker)]).toEqual([before, before])
    }
  })

  it('refuses what it cannot bring together', async () => {
    const broker = memoryBroker()
    const out = newFolder()
    const promised: Promised = { lines: new Map(), products: new Map() }
    await expect(serve({ out, broker, call: bomb(40) }, 3, promised)).rejects.toThrow(Crash)
    const holder = `the server of ${out}`
    const refused = async (machine: Machine): Promise<string> => {
      const error: unknown = await opened(machine).then(
        () => null,
        (reason: unknown) => reason,
      )
      expect(error).toBeInstanceOf(InputError)
      return (error as InputError).message
    }
    expect(await refused({ out: newFolder(), broker, run: 'y' })).toBe(
      '--mirror: the broker holds an unfinished run of another experiment, q (or of this one before it was changed): finish that one, or serve this one under another name, as in nats://host:4222/NAME',
    )
    const unknown = newFolder()
    await serve({ out: unknown, broker: memoryBroker(), call: bomb(40) }, 3, promised).catch(() => undefined)
    rmSync(join(unknown, 'federation', 'mirror.json'))
    expect(await refused({ out: unknown, broker })).toBe(
      `--out: expected a new folder, or one that was served with --mirror, got ${unknown}: the mirror, served last by ${holder}, has another copy of this run`,
    )
    // it goes down while it fills a broker that has lost all
    loseTail(broker, broker.history.length)
    await expect(opened({ out, broker, call: bomb(8) })).rejects.toThrow(Crash)
    expect(await refused({ out: newFolder(), broker })).toBe(
      `--mirror: the copy on the broker is not whole: start ${holder} again, which went down while it made it`,
    )
    await opened({ out, broker })
    expect(filesIn(out)).toEqual(mirrored(broker))
  })

  it('takes no file from a broker that lies elsewhere than in a run folder', async () => {
    for (const path of [
      '../stolen',
      'federation/../../stolen',
      '/tmp/stolen',
      'federation/./x',
      'run.json',
    ]) {
      const broker = memoryBroker()
      await opened({ out: newFolder(), broker })
      broker.files = new Map([...broker.files, [path, Uint8Array.of(1)]])
      await expect(opened({ out: newFolder(), broker })).rejects.toThrow(
        `--mirror: expected files of a run on the broker, got "${path}"`,
      )
    }
  })

  it('forgets a run that is finished when another begins', async () => {
    const broker = memoryBroker()
    await serve({ out: newFolder(), broker }, 3, { lines: new Map(), products: new Map() })
    expect(Object.keys(mirrored(broker))).toContain('parts/default/2.part')
    await opened({ out: newFolder(), broker, run: 'y' })
    expect(mirrored(broker)).toEqual({})
  })
})
