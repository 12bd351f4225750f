/** The folder of what the agents of a process keep, which one process at a time has: a journal for each experiment. */
import { join } from 'node:path'
import type { JournalStore } from '../../federation/agent-journal.ts'
import { journalFile } from '../../federation/journal-file.ts'
import { blaming, makeFolder, writing } from '../disk.ts'
import { lock } from '../lock.ts'

/** A folder that this process has. */
export interface AgentState {
  /** the journal for the experiment with this identity, 64 hexadecimal digits. It throws RunErrors where the disk is full or fails */
  journal(run: string): Promise<JournalStore>
  /** Lets others have the folder. */
  release(): Promise<void>
}

/** What a person is told whose agents find their folder in use. */
const IN_USE =
  'keeps the state of its agents in this folder; wait for it or stop it, or give these agents a --state of their own'

/** @throws InputError where the folder cannot be written, or another process has it */
export async function openAgentState(folder: string): Promise<AgentState> {
  const release = await blaming('--state', folder, 'a folder that can be written', async () => {
    await makeFolder(folder)
    return lock(folder, undefined, IN_USE)
  })
  return {
    release,
    async journal(run) {
      const path = join(folder, `${run.slice(0, 16)}.journal`)
      const store = await writing(path, () => journalFile(path))
      return {
        read: () => store.read(),
        // what is thrown at once has to be told like the rest
        append: (records) => writing(path, async () => store.append(records)),
        sync: () => writing(path, () => store.sync()),
        replace: (records) => writing(path, () => store.replace(records)),
        close: () => store.close(),
      }
    },
  }
}
