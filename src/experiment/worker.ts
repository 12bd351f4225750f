/** A worker thread: carries out one trial after the other as it is asked to, and hands over the bytes without copying them. */
import { parentPort, workerData } from 'node:worker_threads'
import { carryOutIn } from './carry-out.ts'
import { toFailure, type Reply, type Request, type WorkerData } from './executor/messages.ts'
import { encodeProduct, type CarryOut } from './trial.ts'

/** Progress is told no more often than this. */
const PROGRESS_MS = 100

async function answer(
  request: Request,
  carryOut: CarryOut,
  reply: (message: Reply, transfer?: ArrayBuffer[]) => void,
): Promise<void> {
  let last = performance.now()
  const onProgress = (agentSteps: number): void => {
    if (performance.now() - last < PROGRESS_MS) return
    last = performance.now()
    reply({ kind: 'progress', agentSteps })
  }
  try {
    const product = encodeProduct(request, await carryOut(request, { onProgress }))
    reply({ kind: 'finished', product }, [product.part.buffer, product.model.buffer])
  } catch (error) {
    reply({ kind: 'failed', failure: toFailure(error) })
  }
}

const port = parentPort
if (port === null) throw new Error('worker.ts: expected to run in a worker thread')
const carryOut = carryOutIn((workerData as WorkerData).folder)
port.on(
  'message',
  (request: Request) =>
    void answer(request, carryOut, (message, transfer = []) => port.postMessage(message, transfer)),
)
