/** A worker thread: carries out one batch after the other as it is asked to, and hands over what is kept without copying them. */
import { parentPort, workerData } from 'node:worker_threads'
import { carryOutIn } from './carry-out.ts'
import { toFailure, type Reply, type Request, type WorkerData } from './executor/messages.ts'
import { trialsIn } from './batch.ts'
import { buffersOf, ENCODERS, type Encodings } from './encodings.ts'
import type { CarryOut } from './executor.ts'
import type { Rows } from './row-columns.ts'
import { threadClock } from './thread-clock.ts'
import type { Outcome } from './trial.ts'

/** Progress is told no more often than this. */
const PROGRESS_MS = 100

async function answer(
  { batch, keep }: Request,
  carryOut: CarryOut,
  reply: (message: Reply<Encodings[keyof Encodings]>, transfer?: ArrayBuffer[]) => void,
): Promise<void> {
  let last = performance.now()
  const onProgress = (agentSteps: number): void => {
    if (performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    reply({ kind: 'progress', agentSteps })
  }
  try {
    const outcomes = await carryOut(batch, { onProgress })
    const kept = trialsIn(batch).map((trial, i) => ENCODERS[keep](trial, outcomes[i] as Outcome<Rows>))
    reply({ kind: 'finished', kept }, kept.flatMap(buffersOf))
  } catch (error) {
    reply({ kind: 'failed', failure: toFailure(error) })
  }
}

const port = parentPort
if (port === null) throw new Error('worker.ts: expected to run in a worker thread')
const carryOut = carryOutIn((workerData as WorkerData).folder, threadClock())
port.on(
  'message',
  (request: Request) =>
    void answer(request, carryOut, (message, transfer = []) => port.postMessage(message, transfer)),
)
