import { checkTransport } from '../transport.contract.ts'
import { listenMemory } from './memory.ts'

checkTransport('memory', async (limits) => {
  const listener = listenMemory(limits)
  return { listener, connect: (own) => listener.connect('agent', own) }
})
