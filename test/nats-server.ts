/** A real NATS broker on a free port of loopback, to be killed and started again. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { connect, createServer, type AddressInfo } from 'node:net'

/** `npm test` says where it is, and '' where tests do without. */
export const PROGRAM = process.env['FEDRL_NATS_SERVER'] ?? 'nats-server'

/** Why there is no broker to test with, or null. */
export const noBroker: string | null =
  PROGRAM !== '' && spawnSync(PROGRAM, ['--version']).status === 0 ? null : 'nats-server is not installed'

/** A broker that runs, or that was killed. */
export interface Broker {
  readonly url: string
  readonly port: number
  /** ends it at once, as kill -9 does */
  kill(): Promise<void>
  /** the same port again */
  start(): Promise<void>
  /** reads its configuration again */
  reload(): void
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('data', () => {
      socket.destroy()
      resolve(true)
    })
    socket.on('error', () => resolve(false))
  })

/** @param more arguments of nats-server beside its address */
export async function startBroker(more: readonly string[] = []): Promise<Broker> {
  const port = await freePort()
  let child: ChildProcess | null = null
  const broker: Broker = {
    url: `nats://127.0.0.1:${port}`,
    port,
    async start() {
      child = spawn(PROGRAM, ['-a', '127.0.0.1', '-p', `${port}`, ...more], { stdio: 'ignore' })
      while (!(await answers(port))) {
        if (child.exitCode !== null) throw new Error(`nats-server ended with ${child.exitCode}`)
        await new Promise((resolve) => setTimeout(resolve, 20))
      }
    },
    reload: () => void child?.kill('SIGHUP'),
    async kill() {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return
      const ended = new Promise((resolve) => child?.once('exit', resolve))
      child.kill('SIGKILL')
      await ended
    },
  }
  await broker.start()
  return broker
}
