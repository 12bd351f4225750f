/** SIGUSR2 to the process of a server: the run is paused by the first, resumed by the next. Windows has no such signal. */

const SIGNAL = 'SIGUSR2'

/** The signals of one server. */
export interface Pauses {
  /** From now on `pause` is told of each; of one that came before, now. */
  begun(pause: (isPaused: boolean) => void): void
  close(): void
}

/** Takes the signal of this process until it is closed. */
export function takePauses(): Pauses {
  if (process.platform === 'win32') return { begun: () => undefined, close: () => undefined }
  let isPaused = false
  let tell: (isPaused: boolean) => void = () => undefined
  const turn = (): void => {
    isPaused = !isPaused
    tell(isPaused)
  }
  process.on(SIGNAL, turn)
  return {
    begun(pause) {
      tell = pause
      if (isPaused) pause(true)
    },
    close: () => void process.off(SIGNAL, turn),
  }
}
