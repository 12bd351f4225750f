/** What is asked of JetStream again and again while the broker is away, and what its refusals mean. */
import { TransportError } from '../transport.ts'

/** Asks a broker that may be away. */
export interface Insistence {
  /** Does it until the broker has answered. @throws TransportError where it says that there is no room, or that one may not ask */
  insist<T>(work: () => Promise<T>): Promise<T>
  /** The answer to one request; rejects as soon as the broker goes away, for it will not come any more. */
  answer<T>(request: Promise<T>): Promise<T>
  /** The broker is away. */
  left(): void
  /** The broker is back. */
  returned(): void
}

/** Between two attempts, ms. */
const AGAIN_MS = 250

/** JetStream has no room: for the server, the account, the stream. */
const FULL: ReadonlySet<number> = new Set([10002, 10023, 10028, 10047, 10054, 10077])
const NO_STREAM = 10059
const WRONG_LAST_SEQUENCE = 10071

const codeOf = (error: unknown): number | null =>
  error instanceof Error && error.name.endsWith('Error') && 'code' in error && typeof error.code === 'number'
    ? error.code
    : null

/** Whether JetStream says that another message was the last one. */
export const isConflict = (error: unknown): boolean => codeOf(error) === WRONG_LAST_SEQUENCE

/** Whether JetStream says that there is no room. */
export const isFull = (error: unknown): boolean => {
  const code = codeOf(error)
  return code !== null && FULL.has(code)
}

/** What the person is told of an error that passes by no waiting; null where the broker is away. */
function forGood(error: unknown, url: string): Error | null {
  if (error instanceof TransportError) return error
  const code = codeOf(error)
  if (isFull(error))
    return new TransportError(
      `the broker ${url} has no room left for the mirror (${(error as Error).message})`,
    )
  if (code === NO_STREAM)
    return new TransportError(`the broker ${url} has lost the mirror; the same command again gives it what this machine has`) // prettier-ignore
  if (error instanceof Error && error.name === 'ClosedConnectionError')
    return new TransportError(`the broker ${url} has closed the connection`)
  if (isPermission(error))
    return new TransportError(
      `the broker ${url} does not let this user keep a mirror: write its configuration again, by fedrl nats-config`,
    )
  const status = error instanceof Error && 'status' in error ? error.status : null
  if (code === null || status === 503) return isAway(error) ? null : (error as Error)
  return new TransportError(`the broker ${url}: ${(error as Error).message}`)
}

/** What the person is told who does not wait. */
export const complaintOf = (error: unknown, url: string): Error =>
  forGood(error, url) ?? new TransportError(`the broker ${url} does not answer`, { cause: error })

const isPermission = (error: unknown): boolean =>
  error instanceof Error &&
  (error.name === 'PermissionViolationError' || (error.cause !== undefined && isPermission(error.cause)))

/** Errors of a client whose broker does not answer, or has no leader. */
const AWAY = new Set([
  'TimeoutError',
  'RequestError',
  'NoRespondersError',
  'JetStreamNotEnabled',
  'JetStreamApiError',
  'JetStreamStatusError',
  'ConnectionError',
])

const isAway = (error: unknown): boolean => error instanceof Error && AWAY.has(error.name)

/** The broker went away with a request. */
class Gone extends Error {
  override readonly name = 'TimeoutError'
}

/**
 * How one asks a broker.
 * @param place.signal once aborted, a broker that is away is not waited for
 * @param place.onNote told that it is away, and that it is back
 */
export function insistence({
  url,
  signal,
  onNote = () => undefined,
}: {
  readonly url: string
  readonly signal?: AbortSignal
  readonly onNote?: (line: string) => void
}): Insistence {
  let isWaiting = false
  let isThere = true
  const open = new Set<(error: Error) => void>()
  /** What was asked is answered no more, whether it was heard or not. */
  const interrupt = (): void => {
    for (const reject of open) reject(new Gone('the broker was away'))
    open.clear()
  }
  const wait = async (error: unknown): Promise<void> => {
    const final = forGood(error, url)
    if (final !== null) throw final
    if (signal?.aborted === true)
      throw new TransportError(`the broker ${url} is away, and with it the copy of the run`)
    if (!isWaiting) onNote(`the broker ${url} is away: nothing is promised until it is back`)
    isWaiting = true
    await new Promise((resolve) => setTimeout(resolve, AGAIN_MS))
  }
  return {
    async insist(work) {
      for (;;) {
        try {
          if (!isThere) throw new Gone('the broker is away')
          const done = await work()
          if (isWaiting) onNote(`the broker ${url} is back`)
          isWaiting = false
          return done
        } catch (error) {
          await wait(error)
        }
      }
    },
    answer: (request) =>
      new Promise((resolve, reject) => {
        open.add(reject)
        request.then(resolve, reject).finally(() => open.delete(reject))
      }),
    left() {
      isThere = false
      interrupt()
    },
    returned() {
      isThere = true
      interrupt()
    },
  }
}
