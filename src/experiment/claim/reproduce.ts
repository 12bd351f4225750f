/** Carries out a published claim: its parts, its judgement, and a report that holds all of it. */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Claim, Judged, Measured, Published } from '../claim.ts'
import { blaming, guarded, makeFolder, systemCode, writeAtomically } from '../disk.ts'
import { InputError, Interrupted, RunError } from '../errors.ts'
import { usualPool } from '../executor/usual.ts'
import type { Progress } from '../progress.ts'
import { renderReport } from '../report.ts'
import { trialsOf, stepsOf } from '../trial.ts'
import { version } from '../version.ts'
import { measurePart, type MeasureOptions, type PartResult } from './measure.ts'
import { planPart, type PlannedPart } from './plan.ts'

/** How a claim is carried out. */
export interface ReproduceOptions extends MeasureOptions {
  /** fewer seeds and draws */
  readonly quick?: boolean
  /** new or empty; default: a new folder `runs/<id>/<n>` */
  readonly out?: string
}

/** A claim carried out. */
export interface Reproduction {
  /** absolute */
  readonly folder: string
  readonly judged: Judged
  readonly notes: readonly string[]
  readonly agentSteps: number
}

/**
 * Carries out `claim`.
 * @param folder that holds its experiment files and published.json
 * @throws InputError when `out` is not empty or cannot be written, and what `run` throws, with the advice to start again: a part that is
 * resumed by itself gives no verdict
 */
export async function reproduceClaim(
  claim: Claim,
  folder: string,
  options: ReproduceOptions = {},
): Promise<Reproduction> {
  const { quick = false, out, ...how } = options
  const published = await readPublished(folder)
  const planned = await Promise.all(claim.parts.map((part) => planPart(part, folder, quick)))
  const target = await claimFolder(claim.id, out)
  const settled = (error: unknown): never => {
    throw startAgain(error, `fedrl reproduce ${claim.id}${quick ? ' --quick' : ''}`, how.signal)
  }
  const results = await measureAll(planned, folder, target, how).catch(settled)
  const judged = claim.judge(
    new Map<string, Measured>([...results].map(([name, { measured }]) => [name, measured])),
    published,
  )
  const notes = [...(quick ? [quickNote(planned, judged)] : []), ...claim.notes]
  await writeClaimReport(target, claim, judged, notes, planned, quick).catch(settled)
  return {
    folder: target,
    judged,
    notes,
    agentSteps: [...results.values()].reduce((sum, { agentSteps }) => sum + agentSteps, 0),
  }
}

/** The error that the caller should see. */
function startAgain(error: unknown, command: string, signal: AbortSignal | undefined): unknown {
  const advice = `to judge the claim, start again: ${command}`
  if (signal?.aborted === true) return new Interrupted(`stopped; ${advice}`, { cause: error })
  if (!(error instanceof RunError)) return error
  // A run adds to the reason how to resume it.
  const { message } = error.cause instanceof RunError ? error.cause : error
  return new RunError(`${message}\n${advice}`, { cause: error })
}

/** The parts one after the other, by name. They share their threads, for to start them takes longer than some parts do. */
async function measureAll(
  planned: readonly PlannedPart[],
  folder: string,
  target: string,
  options: MeasureOptions,
): Promise<ReadonlyMap<string, PartResult>> {
  const progress = wholeProgress(planned, options.onProgress)
  const results = new Map<string, PartResult>()
  const pool = usualPool(resolve(folder), options.threads)
  try {
    for (const [i, plan] of planned.entries()) {
      const onProgress = (now: Progress): void => progress(i, now)
      results.set(plan.part.name, await measurePart(plan, target, pool, { ...options, onProgress }))
    }
  } finally {
    await pool.close()
  }
  return results
}

/** A claim that has no published numbers has no `published.json`. */
async function readPublished(folder: string): Promise<Published> {
  try {
    return JSON.parse(await readFile(join(folder, 'published.json'), 'utf8')) as Published
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return { source: '', series: {} }
    throw error
  }
}

/** What fewer seeds leave open. */
function quickNote(planned: readonly PlannedPart[], { verdicts }: Judged): string {
  const parts = planned.map(({ part, experiment }) =>
    part.draws === undefined
      ? `${part.name}: ${experiment.seeds.length} seeds`
      : `${part.name}: ${part.draws.quick} frozen draws, where ${part.draws.full} are needed to tell that a number lies outside`,
  )
  const open = verdicts.filter(({ verdict }) => verdict === 'undecided').map(({ claim }) => claim)
  const cannot =
    open.length === 0 ? 'All claims are decided nevertheless.' : `They cannot decide: ${open.join('; ')}.`
  return `Fewer seeds than a full run (${parts.join(', ')}), so intervals are wider. ${cannot}`
}

async function claimFolder(id: string, out: string | undefined): Promise<string> {
  const named = out ?? join('runs', id)
  return blaming('--out', named, 'a folder that can be written', async () => {
    await makeFolder(named)
    const entries = await readdir(named)
    if (out === undefined) return nextFolder(resolve(named), entries)
    if (entries.length > 0)
      throw new InputError('--out', `expected an empty folder, got ${out} with ${entries.length} entries`)
    return resolve(out)
  })
}

/** The first of 1, 2, ... that is not there; two processes at once get two. */
async function nextFolder(parent: string, entries: readonly string[]): Promise<string> {
  for (let number = 1; ; number++) {
    if (entries.includes(String(number))) continue
    const path = join(parent, String(number))
    try {
      await mkdir(path)
      return path
    } catch (error) {
      if (systemCode(error) !== 'EEXIST') throw error
    }
  }
}

/** One progress over all parts. */
function wholeProgress(planned: readonly PlannedPart[], tell: ((progress: Progress) => void) | undefined) {
  const sizes = planned.map(({ experiment }) => {
    const trials = [...trialsOf(experiment)]
    return { trials: trials.length, steps: trials.reduce((sum, trial) => sum + stepsOf(trial), 0) }
  })
  const total = (some: typeof sizes, key: 'trials' | 'steps'): number =>
    some.reduce((sum, size) => sum + size[key], 0)
  return (part: number, now: Progress): void =>
    tell?.({
      trials: total(sizes, 'trials'),
      steps: total(sizes, 'steps'),
      trialsDone: total(sizes.slice(0, part), 'trials') + now.trialsDone,
      stepsDone: total(sizes.slice(0, part), 'steps') + now.stepsDone,
      stepsBefore: 0,
    })
}

async function writeClaimReport(
  target: string,
  { id, title, source }: Claim,
  judged: Judged,
  notes: readonly string[],
  planned: readonly PlannedPart[],
  quick: boolean,
): Promise<void> {
  const parts = planned.map(({ part, experiment }) => ({
    name: part.name,
    sha256: hashOf(experiment),
    seeds: experiment.seeds,
    variants: experiment.variants.length,
  }))
  const { html, figures } = await renderReport({
    name: title,
    version,
    hashes: Object.fromEntries(parts.map(({ name, sha256 }) => [name, sha256])),
    command: `fedrl reproduce ${id}${quick ? ' --quick' : ''}`,
    seeds: planned[0]?.experiment.seeds ?? [],
    variants: [],
    samples: new Map(),
    residual: null,
    truth: null,
    stepName: 'steps per agent, T',
    slopes: [],
    notes,
    claim: { source, ...judged },
    federation: null,
    experiment: null,
  })
  const write = guarded(writeAtomically)
  const text = (content: string): [Uint8Array] => [new TextEncoder().encode(content)]
  for (const { name, svg, png } of figures) {
    await write(join(target, 'figures', `${name}.svg`), text(svg))
    await write(join(target, 'figures', `${name}.png`), [png])
  }
  await write(
    join(target, 'verdicts.json'),
    text(
      `${JSON.stringify({ id, fedrl: version, parts, verdicts: judged.verdicts, table: judged.table, notes }, null, 2)}\n`,
    ),
  )
  await write(join(target, 'report.html'), text(html))
}

/** sha256 of the resolved settings, hex. */
const hashOf = ({ name, seeds, variants }: PlannedPart['experiment']): string =>
  createHash('sha256')
    .update(JSON.stringify({ name, seeds, variants: variants.map(({ settings }) => settings) }))
    .digest('hex')
