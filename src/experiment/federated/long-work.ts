/**
 * Long work in a thread of its own, so that a connection stays alive while an agent computes for minutes. Short work stays where it is:
 * to hand a Task over takes longer than most Tasks.
 */
import { Worker } from 'node:worker_threads'
import type { Invitation } from '../../federation/agent.ts'
import type { AgentRun, LocalRun, Worked } from '../../federation/agent-run.ts'
import { Unfit } from '../../federation/agent/unfit.ts'
import { TransportError } from '../../transport.ts'
import { InputError, RunError } from '../errors.ts'
import type { Failure } from '../executor/messages.ts'
import { isPolicyGradient, type QSettings, type Settings } from '../experiment.ts'
import { isFiniteSpec } from '../policy-gradient/settings-kind.ts'
import type { PgSettings } from '../policy-gradient/spec.ts'
import { sizesOf } from '../sizes.ts'
import type { OwnExperience } from './join.ts'
import { invitationSender, type SentInvitation, type WorkReply, type WorkRequest } from './work-messages.ts'

/** Work that took so long goes to the thread the next time, and comes back when it took less than the other, ms. */
const LONG_MS = 1000
const SHORT_MS = 200

/** Work of fewer operations, about, is short: some tenths of a second. */
const SHORT_OPERATIONS = 1e8

/** Sizes that are not known before a file is read are taken to be these. */
const USUAL = { states: 1000, actions: 10 }

/** Takes work of agents of one process. */
export interface WorkThread {
  work(
    request: Pick<WorkRequest, 'state' | 'frame'> & { readonly invitation: Invitation },
  ): Promise<{ readonly done: Worked; readonly ms: number }>
}

/** Who waits for work to be done. */
interface Waiting {
  resolve(reply: { readonly done: Worked; readonly ms: number }): void
  reject(error: unknown): void
}

/**
 * A thread that is started when it is first needed, and does not keep the process alive.
 * @param own as the agents have it
 * @param signal gives the work up: it is rejected as if the line were gone
 */
export function workThread(own: OwnExperience, signal: AbortSignal): WorkThread {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | null = null
  let toSend: (invitation: Invitation) => SentInvitation = invitationSender()
  let last = 0
  const start = (): Worker => {
    toSend = invitationSender()
    const started = new Worker(new URL('./work-worker.js', import.meta.url), { workerData: { own } })
    started.unref()
    signal.addEventListener('abort', () => void started.terminate())
    started.on('message', (reply: WorkReply) => {
      const one = waiting.get(reply.id)
      waiting.delete(reply.id)
      if ('failure' in reply) one?.reject(errorOf(reply))
      else one?.resolve(reply)
    })
    let why: unknown = null
    started.on('error', (error: unknown) => (why = error))
    started.on('exit', (code) => {
      worker = null
      const reason = why instanceof Error ? why.message : `exit code ${code}`
      const error = signal.aborted
        ? new TransportError('the agents leave')
        : new RunError(`the thread of the agents' work died: ${reason}`)
      for (const one of waiting.values()) one.reject(error)
      waiting.clear()
    })
    return started
  }
  return {
    work({ invitation, state, frame }) {
      worker ??= start()
      const id = ++last
      worker.postMessage({ id, invitation: toSend(invitation), state, frame } satisfies WorkRequest)
      return new Promise((resolve, reject) => waiting.set(id, { resolve, reject }))
    },
  }
}

function errorOf({ failure, told }: { readonly failure: Failure; readonly told: string | null }): Error {
  const { kind, file, issues, message, stack } = failure
  const error = kind === 'input' ? new InputError(file, issues) : Object.assign(new Error(message), { stack })
  return told === null ? error : new Unfit(told, error)
}

/** The run, whose work goes to the thread where it is long: by what the settings say at first, then by how long it took. */
export function withThread(
  run: LocalRun,
  thread: WorkThread,
  invitation: Invitation,
  isLong: boolean,
): AgentRun {
  let away = isLong
  return {
    ...run,
    work(state, frame) {
      if (away)
        return thread.work({ invitation, state, frame }).then(({ done, ms }) => {
          away = ms >= SHORT_MS
          return done
        })
      const start = performance.now()
      const done = run.work(state, frame)
      away = performance.now() - start > LONG_MS
      return done
    },
  }
}

/** Whether a Task may take long; what an agent's own program takes is not known. */
export const mayBeLong = (settings: Settings, { module }: OwnExperience): boolean =>
  module !== undefined ||
  'module' in settings.environment ||
  (isPolicyGradient(settings) ? pgOperations(settings) : qOperations(settings)) > SHORT_OPERATIONS

function qOperations({ environment, algorithm }: QSettings): number {
  const { states, actions } = sizesOf(environment) ?? USUAL
  const steps =
    algorithm.name === 'q-learning' ? algorithm.steps : Math.min(algorithm.syncPeriod, algorithm.steps)
  return algorithm.name === 'fed-syn-q' ? steps * states * actions : steps * actions
}

/** Of rollouts, a thousand operations a step; of exact gradients, solving a dense system. */
function pgOperations({ environment, algorithm: { gradient, localSteps } }: PgSettings): number {
  if (gradient !== 'exact')
    return localSteps * gradient.rollouts * (gradient.horizon === 'auto' ? 1000 : gradient.horizon) * 1000
  const { states, actions } = (isFiniteSpec(environment) ? sizesOf(environment) : null) ?? USUAL
  return localSteps * (states * states * (states / 3 + actions))
}
