/** An executor whose trials are carried out by the agents of a federation, one after another, in the order of the experiment. */
import type { FederationServer } from '../../federation/server.ts'
import type { RunKey } from '../../federation/served-run.ts'
import { trialsIn } from '../batch.ts'
import type { Executor } from '../executor.ts'
import { isPolicyGradient, type Experiment } from '../experiment.ts'
import { encodeProduct, keyOf, roundsOf, stepsOf, trialsOf, type Outcome, type Trial } from '../trial.ts'
import type { DiskStore } from './disk-store.ts'
import { carryOutPg } from './pg.ts'
import { carryOutQ } from './q.ts'

/** So long a server waits, at the end, for agents that are away: longer than those wait between two attempts to come back, ms. */
const LINGER_MS = 15_000

/** A server that is there, and where it keeps things. */
export interface Serving {
  readonly server: FederationServer
  readonly store: DiskStore
  /** Writes down, for the last time, what has gone between the server and its agents. */
  endTraffic(): Promise<void>
}

/** What makes a {@link Serving}: told the folder, and which run comes first; tells how many rounds of the run under way have closed. */
export type Begin = (folder: string, first: RunKey, onClosed: (rounds: number) => void) => Promise<Serving>

/** The executor of an experiment on a server that `begin` makes, once. */
export function federatedExecutor(experiment: Experiment, begin: Begin): Executor {
  const trials = [...trialsOf(experiment)]
  return {
    async execute(batches, { folder, signal, onProgress, onFinished }) {
      const pending = new Set([...batches].flatMap(trialsIn).map(keyOf))
      const first = trials.find((one) => pending.has(keyOf(one))) ?? trials.at(-1)
      if (folder === undefined || first === undefined)
        throw new Error('federatedExecutor: expected the folder of a run, and trials')
      let current: Trial | null = null
      const { server, store, endTraffic } = await begin(folder, runOf(experiment, first), (rounds) => {
        if (current === null) return
        const { variant: name, seed, settings } = current
        const share = Math.min(1, rounds / roundsOf(settings))
        onProgress?.({ variants: [{ name, settings }], seeds: [seed] }, share * stepsOf(current))
      })
      const carryOut = (trial: Trial): Promise<Outcome> =>
        unlessStopped(signal, server, outcomeOf(server, experiment, trial))
      try {
        // who took part in the runs before is known by its index
        if (pending.size < trials.length) server.settle()
        // of the last run, agents may not have heard of its end
        if (pending.size === 0 && (await store.has(runOf(experiment, first)))) await carryOut(first)
        for (const trial of trials.filter((one) => pending.has(keyOf(one)))) {
          const before = current
          current = trial
          const outcome = await carryOut(trial)
          await onFinished(trial, encodeProduct(trial, outcome))
          if (before !== null) await store.forget(runOf(experiment, before))
        }
        await unlessStopped(signal, server, server.finish(LINGER_MS))
      } catch (error) {
        // what stopped the run is told, and not what a full disk makes of this
        await endTraffic().catch(() => undefined)
        throw error
      }
      await endTraffic()
      for (const trial of trials) await store.forget(runOf(experiment, trial))
    },
  }
}

const variantOf = ({ variants }: Experiment, { variant }: Trial): number =>
  variants.findIndex(({ name }) => name === variant)

const runOf = (experiment: Experiment, trial: Trial) => ({
  variant: variantOf(experiment, trial),
  seed: trial.seed,
})

function outcomeOf(server: FederationServer, experiment: Experiment, trial: Trial): Promise<Outcome> {
  const { settings } = trial
  const { folder, participation = {} } = experiment
  const variant = variantOf(experiment, trial)
  return isPolicyGradient(settings)
    ? carryOutPg(server, { ...trial, settings }, variant, folder, participation)
    : carryOutQ(server, { ...trial, settings }, variant, folder, participation)
}

/** What `work` gives; rejects when the server has been stopped, because the signal was aborted, before that. */
function unlessStopped<T>(
  signal: AbortSignal | undefined,
  server: FederationServer,
  work: Promise<T>,
): Promise<T> {
  if (signal === undefined) return work
  return new Promise<T>((resolve, reject) => {
    const stop = (): void => void server.stop().then(() => reject(signal.reason as Error), reject)
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
  })
}
