/** What an agent sees coming while it works. */
import { expect, it } from 'vitest'
import { encodeMessage } from '../../protocol/session-codec.ts'
import type { SessionMessage, TaskMessage } from '../../protocol/session-messages.ts'
import { Queue } from '../../transport/queue.ts'
import { Inbox } from './inbox.ts'

const task = (
  round: number,
  agents: readonly number[] | null,
  after: readonly number[] = [],
  seed = 1,
): TaskMessage => ({
  // prettier-ignore
  kind: 'task',
  variant: 0,
  seed,
  round,
  phase: 0,
  ahead: 0,
  agents: agents === null ? null : Uint32Array.from(agents),
  after: agents === null ? null : Uint32Array.from(after),
  frame: new Uint8Array(0),
})

/** An inbox in which these messages wait. */
async function inboxOf(...messages: readonly SessionMessage[]) {
  const frames = new Queue<Uint8Array>()
  const inbox = new Inbox(frames)
  for (const message of messages) frames.put(encodeMessage(message))
  await new Promise((resolve) => setImmediate(resolve))
  return { frames, inbox }
}

it('a Task is overtaken by a later one for the same agent and run that does not build on it', async () => {
  const isOvertaken = async (...waiting: readonly SessionMessage[]): Promise<boolean> =>
    (await inboxOf(...waiting)).inbox.hasOvertaken({ variant: 0, seed: 1 }, 5, 1, 2)
  expect(await isOvertaken()).toBe(false)
  expect(await isOvertaken(task(6, [1, 2], [6, 5]))).toBe(true)
  expect(await isOvertaken(task(7, [2], [0]))).toBe(true)
  // it starts from the answer to this one, which is therefore still wanted
  expect(await isOvertaken(task(6, [1, 2], [5, 6]))).toBe(false)
  expect(await isOvertaken(task(6, null))).toBe(false)
  expect(await isOvertaken(task(6, [1], [5]), task(5, [2], [5]), task(6, [2], [5], 9))).toBe(false)
})

it('gives all that came, in order, though more came than is read ahead, and then how the connection ended', async () => {
  const { frames, inbox } = await inboxOf(...Array.from({ length: 40 }, (_, round) => task(round, null)))
  frames.end()
  const rounds: number[] = []
  for await (const message of inbox)
    if (message.ok && message.value.kind === 'task') rounds.push(message.value.round)
  expect(rounds).toEqual(Array.from({ length: 40 }, (_, round) => round))
})

it('throws where the connection does', async () => {
  const inbox = new Inbox(
    (async function* () {
      yield encodeMessage(task(0, null))
      await Promise.resolve()
      throw new Error('the line is mad')
    })(),
  )
  const read = async (): Promise<number> => {
    let count = 0
    for await (const message of inbox) count += message.ok ? 1 : 0
    return count
  }
  await expect(read()).rejects.toThrow('the line is mad')
})
