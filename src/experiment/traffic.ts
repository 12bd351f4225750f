/** Bytes of a simulated run, by the same formula as the frames of a live federation: a round is one Task and one Update for each agent. */
import { taskBytes, updateBytes } from '../protocol/q-codec.ts'
import type { AlgorithmSpec } from './experiment.ts'

/** What the messages of a run depend on, beside what agents report. */
export interface TrafficSettings {
  readonly algorithm: AlgorithmSpec
  /** S * A */
  readonly entries: number
}

/**
 * Tells the bytes of one round.
 * @param reported entries in the Update of each agent that took part, in the order of the agents
 * @param who the indices of those agents, ascending; missing: everybody
 */
export type Traffic = (
  round: number,
  step: number,
  steps: number,
  reported: Uint32Array,
  who?: Uint32Array,
) => number

/** Bytes that MessagePack takes for an integer >= 0. */
const width = (n: number): number => (n < 128 ? 1 : n < 256 ? 2 : n < 65536 ? 3 : n < 4294967296 ? 5 : 9)

/** The bytes of rounds of a run; independent learners send nothing. */
export function traffic({ algorithm, entries }: TrafficSettings): Traffic {
  if (algorithm.name === 'q-learning') return () => 0
  const visits = algorithm.name === 'fed-asyn-q' && algorithm.averaging === 'importance'
  // Equal widths of the header's integers and equal counts make equal lengths, so each is computed once.
  const known = new Map<number, number>()
  const ofUpdate = (agent: number, round: number, count: number, dense: boolean): number => {
    const key = ((count * 2 + Number(dense)) * 16 + width(agent)) * 16 + width(round)
    const bytes = known.get(key) ?? updateBytes(agent, round, count, { entries: !dense, visits })
    known.set(key, bytes)
    return bytes
  }
  return (round, step, steps, reported, who) => {
    const dense = algorithm.name === 'fed-syn-q' || (algorithm.initial === 'perAgent' && round === 0)
    let bytes = reported.length * taskBytes(round, step, steps, entries)
    for (let i = 0; i < reported.length; i++)
      bytes += ofUpdate(who === undefined ? i : (who[i] as number), round, reported[i] as number, dense)
    return bytes
  }
}
