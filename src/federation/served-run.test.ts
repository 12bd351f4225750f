/** One run on the server, without a network: what is held against which Task. */
import { expect, it } from 'vitest'
import { encodeFrame } from '../protocol/frame.ts'
import { decodeUpdate, encodeUpdate, taskFrame } from '../protocol/q-codec.ts'
import type { QContract } from '../protocol/q-contract.ts'
import { qUpdateIssues } from '../protocol/q-rules.ts'
import { federatedQ } from '../server/federated-q.ts'
import type { Participation } from '../server/round-machine/participation.ts'
import { rebaseQ } from '../server/round-machine/rebase.ts'
import { hostRun, type RunEffect } from './served-run.ts'

const CONTRACT: QContract = {
  states: 1,
  actions: 2,
  agents: 3,
  discount: 0.5,
  stepSize: 0.5,
  averaging: 'equal',
  syncPeriod: 2,
  steps: 8,
  initial: 4,
  initialSeed: 1,
  valueRange: [0, 10],
  terminal: null,
}

const host = (
  participation: Partial<Participation> = { minimum: 1, deadlineSeconds: 1, late: 'foldNextRound' },
  states = 1,
) =>
  hostRun(
    {
      variant: 0,
      seed: 1,
      settings: {
        agents: 3,
        phases: 1,
        participation,
        rebase: rebaseQ,
      },
      rule: federatedQ({ ...CONTRACT, states }),
      taskFrame,
      decodeUpdate: (frame) => decodeUpdate(frame, { entries: 2, agents: 3, steps: 2, averaging: 'equal' }),
      issuesOf: (update, task) => qUpdateIssues(update, task, { reports: 'visited', perAgent: false, bounds: [0, 10] }), // prettier-ignore
      measure: () => [],
    },
    null,
  )

const ackIn = (effects: readonly RunEffect[]) => {
  const ack = effects.find(({ type }) => type === 'ack')
  return ack?.type === 'ack' ? [ack.status, ack.reason] : null
}

it('holds a late Update against the Task that it answers, not against the one that is due', () => {
  const run = host()
  const send = (agent: number, round: number, change: number, frame?: Uint8Array) =>
    ackIn(
      run.apply({
        type: 'update',
        now: 0,
        message: {
          kind: 'update',
          variant: 0,
          seed: 1,
          round,
          phase: 0,
          agent,
          frame:
            frame ??
            encodeUpdate({
              agent,
              round,
              entries: Uint32Array.of(0),
              changes: Float64Array.of(change),
              visits: null,
            }),
        },
      }),
    )
  for (const agent of [0, 1, 2]) run.apply({ type: 'joined', agent, now: 0 })
  expect(send(0, 0, 6)).toEqual(['received', ''])
  run.apply({ type: 'tick', now: 1000 })
  run.apply({ type: 'durable', closed: 1, now: 1000 })
  expect([run.due(), [...run.state().table]]).toEqual([{ round: 1, phase: 0 }, [10, 4]])
  // from 4, not from 10
  expect(send(1, 0, 6)).toEqual(['received', ''])
  expect(send(2, 0, 7)).toEqual([
    'refused',
    'changes.0: expected a change to a value in [0, 10], which rewards and discount imply, got one to 11',
  ])
  expect(send(2, 1, 1)?.[0]).toBe('refused')
  expect(send(2, 1, -10)).toEqual(['received', ''])
  // of a phase that nobody asked for yet
  expect(send(0, 2, 0)).toEqual(['refused', 'not asked for yet: round 1, phase 0 is due'])
  expect(send(0, 1, 0, encodeFrame({ fields: { kind: 'q-update' }, tensors: [] }))?.[0]).toBe('refused')
})

it('lets agents run ahead of their disks where everybody takes part, as far as the Tasks of a checkpoint stay small', () => {
  const everybody = (states: number): number => host({}, states).ahead
  expect([host().ahead, everybody(1), everybody(2000), everybody(5000)]).toEqual([0, 4, 2, 0])
})
