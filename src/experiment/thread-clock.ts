/** CPU time of the calling thread. */
import { openSync, readSync } from 'node:fs'

/**
 * A clock of the CPU seconds that this thread has used: from the scheduler's account on Linux, elsewhere that of the whole process.
 * The file is opened once, by the thread that it tells of. The account of a running thread lags by up to a tick of the system, some ms.
 */
export function threadClock(): () => number {
  const ofProcess = (): number => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  }
  try {
    const file = openSync('/proc/thread-self/schedstat', 'r')
    const bytes = Buffer.alloc(64)
    return () => {
      const length = readSync(file, bytes, 0, bytes.length, 0)
      return Number.parseInt(bytes.toString('latin1', 0, length), 10) / 1e9
    }
  } catch {
    return ofProcess
  }
}
