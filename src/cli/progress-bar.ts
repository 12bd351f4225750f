/** What a person sees while a run is under way: a bar on a terminal; in a pipe one line, and that only if it will take long. */
import { SingleBar } from 'cli-progress'
import { describeCount, describeSeconds, estimate, type Progress } from '../experiment/progress.ts'
import type { Io } from './io.ts'

/** Shows progress until it is stopped. */
export interface ProgressDisplay {
  update(progress: Progress): void
  /** stands behind the progress from the next update on; on a terminal only */
  beside(text: string): void
  stop(): void
}

/** No estimate is worth telling before this. */
const FIRST_ESTIMATE_SECONDS = 1
/** In a pipe, shorter runs are not announced. */
const LONG_SECONDS = 60

/** The text beside the bar: '40% | 4/10 | 12.3 M agent-steps/s | 3 minutes left'. */
export function progressText(progress: Progress, seconds: number): string {
  const { fraction, stepsPerSecond, secondsLeft } = estimate(progress, seconds)
  const parts = [`${Math.floor(100 * fraction)}%`, `${progress.trialsDone}/${progress.trials}`]
  if (stepsPerSecond !== null) parts.push(`${describeCount(stepsPerSecond)} agent-steps/s`)
  if (secondsLeft !== null && seconds >= FIRST_ESTIMATE_SECONDS)
    parts.push(`${describeSeconds(secondsLeft)} left`)
  return parts.join(' | ')
}

/** What a pipe is told once the time is known: null while it is not, or where it is short. */
export function longRunNote(progress: Progress, seconds: number): string | null {
  const { stepsPerSecond, secondsLeft } = estimate(progress, seconds)
  if (
    seconds < FIRST_ESTIMATE_SECONDS ||
    stepsPerSecond === null ||
    secondsLeft === null ||
    secondsLeft < LONG_SECONDS
  )
    return null
  const left = describeCount(progress.steps - progress.stepsDone)
  return `this will take about ${describeSeconds(secondsLeft)}: ${left} agent-steps to go at ${describeCount(stepsPerSecond)} a second`
}

/**
 * Begins to show progress. Time counts from the first steps on: before them, workers start and files are read.
 * @param now a clock, milliseconds
 */
export function showProgress(
  io: Pick<Io, 'interactive' | 'note'>,
  now: () => number = () => performance.now(),
): ProgressDisplay {
  const show = io.interactive ? bar() : line(io)
  let aside = ''
  let base: { readonly at: number; readonly steps: number } | null = null
  return {
    update(progress) {
      if (progress.stepsDone > progress.stepsBefore) base ??= { at: now(), steps: progress.stepsDone }
      show.update(
        { ...progress, stepsBefore: base?.steps ?? progress.stepsDone },
        base === null ? 0 : (now() - base.at) / 1000,
        aside,
      )
    },
    beside: (text) => void (aside = text),
    stop: () => show.stop(),
  }
}

/** A display that is told the time. */
interface Timed {
  update(progress: Progress, seconds: number, aside: string): void
  stop(): void
}

function line(io: Pick<Io, 'note'>): Timed {
  let told = false
  return {
    update(progress, seconds) {
      const note = told ? null : longRunNote(progress, seconds)
      if (note === null) return
      io.note(note)
      told = true
    },
    stop() {},
  }
}

function bar(): Timed {
  const single = new SingleBar({
    format: '{bar} {text}',
    hideCursor: true,
    clearOnComplete: true,
    barsize: 24,
    barCompleteChar: '█',
    barIncompleteChar: '░',
  })
  single.start(1, 0, { text: '' })
  return {
    update(progress, seconds, aside) {
      const text = [progressText(progress, seconds), aside].filter((part) => part !== '').join(' | ')
      single.update(estimate(progress, seconds).fraction, { text })
    },
    stop: () => single.stop(),
  }
}
