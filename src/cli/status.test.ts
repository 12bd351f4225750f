/** What is told where the server of a federation on a broker does not answer as one. */
import { connect } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { noBroker, startBroker, type Broker } from '../../test/nats-server.ts'
import { RunError } from '../experiment/errors.ts'
import type { Io } from './io.ts'
import { status } from './status.ts'

const io: Io = {
  json: false,
  interactive: false,
  signal: new AbortController().signal,
  result: () => undefined,
  note: () => undefined,
}

describe.skipIf(noBroker !== null)(`fedrl status${noBroker === null ? '' : `: ${noBroker}`}`, () => {
  let broker: Broker
  beforeAll(async () => void (broker = await startBroker()))
  afterAll(() => broker.kill())

  it.each([
    ['', 'the server is not ready yet'],
    ['null', 'the server is not ready yet'],
    ['hello', 'answers, but is no server of fedrl'],
    ['{"agents":3}', 'answers, but is no server of fedrl'],
  ])('of a server that answers "%s"', async (answer, told) => {
    const connection = await connect({ servers: broker.url })
    connection.subscribe('fedrl.ward.server', { callback: (_, message) => void message.respond(answer) })
    await connection.flush()
    const error: unknown = await status(`${broker.url}/ward`, {}, io).catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(RunError)
    expect(String(error)).toContain(told)
    await connection.close()
  })
})
