/** The thread of long work: makes the runs that it is asked for as the agents did, and works on their Tasks. */
import { parentPort, workerData } from 'node:worker_threads'
import { Unfit } from '../../federation/agent/unfit.ts'
import type { Invitation } from '../../federation/agent.ts'
import type { LocalRun } from '../../federation/agent-run.ts'
import { toFailure } from '../executor/messages.ts'
import { invitee } from './join.ts'
import { invitationReader, type WorkerStart, type WorkReply, type WorkRequest } from './work-messages.ts'

const port = parentPort
if (port === null) throw new Error('work-worker.ts: expected to run in a worker thread')
const open = invitee((workerData as WorkerStart).own)
const read = invitationReader()

/** The runs of the (variant, seed) under way, by agent. */
let current = ''
const runs = new Map<number, Promise<LocalRun>>()

function runOf(invitation: Invitation): Promise<LocalRun> {
  const { variant, seed, agent } = invitation
  const key = `${variant} ${seed}`
  if (key !== current) runs.clear()
  current = key
  const run = runs.get(agent) ?? open(invitation)
  runs.set(agent, run)
  return run
}

async function answer({ id, invitation, state, frame }: WorkRequest): Promise<WorkReply> {
  try {
    const run = await runOf(read(invitation))
    const start = performance.now()
    const done = run.work(state, frame)
    return { id, done, ms: performance.now() - start }
  } catch (error) {
    if (error instanceof Unfit) return { id, failure: toFailure(error.fault), told: error.told }
    return { id, failure: toFailure(error), told: null }
  }
}

port.on('message', (request: WorkRequest) => void answer(request).then((reply) => port.postMessage(reply)))
