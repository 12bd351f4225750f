/** The record of a run as text: a line of JSON for each phase that closed. Numbers that JSON does not know stand as strings. */
import type { Measure, RecordLine } from '../../federation/served-run.ts'

const SPECIAL: Readonly<Record<string, number>> = { NaN, Infinity, '-Infinity': -Infinity, '-0': -0 }

const numberOf = (value: number | string): number =>
  typeof value === 'number' ? value : (SPECIAL[value] ?? NaN)

const valueOf = (value: number): number | string =>
  Object.is(value, -0) ? '-0' : Number.isFinite(value) ? value : String(value)

/** A line of the record, without its end. */
export const lineText = ({ measured, ...phase }: RecordLine): string =>
  JSON.stringify({ ...phase, measured: measured.map(([metric, value]) => [metric, valueOf(value)]) })

const isCount = (value: number): boolean => Number.isSafeInteger(value) && value >= 0

/** Reads a line; null where it is none. */
export function parseLine(text: string): RecordLine | null {
  try {
    const { round, phase, agents, late, measured } = JSON.parse(text) as Omit<RecordLine, 'measured'> & {
      readonly measured: readonly (readonly [string, number | string])[]
    }
    if (!isCount(round) || !isCount(phase) || !agents.every(isCount) || !late.every(isCount)) return null
    return {
      round,
      phase,
      agents,
      late,
      measured: measured.map(([metric, value]): Measure => [metric, numberOf(value)]),
    }
  } catch {
    return null
  }
}
