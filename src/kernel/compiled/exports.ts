/** What the compiled kernel exports: functions, and settings that the host writes before it calls them. */

/** Names of the settings; what they mean stands in assembly/kernel.ts. */
export const EXPORTED_SETTINGS = [
  'actions',
  'actionBits',
  'outcomeBits',
  'outcomeRows',
  'outcomes',
  'rewards',
  'terminal',
  'zeroRow',
  'agents',
  'members',
  'streamX',
  'streamY',
  'startStreams',
  'states',
  'actionTables',
  'outcomeTables',
  'startTables',
  'blockAgents',
  'workspace',
  'trajectory',
  'rewardOfStep',
  'table',
  'tableBytes',
  'records',
  'recordBytes',
  'touched',
  'touchedSize',
  'folded',
  'power',
  'lastPower',
  'reported',
  'coefficients',
  'values',
  'stateCount',
  'distances',
  'lanes',
  'narrowCounts',
  'columnBytes',
  'rewardsByStep',
] as const

/** One of {@link EXPORTED_SETTINGS}. */
export type SettingName = (typeof EXPORTED_SETTINGS)[number]

/** Names of the functions. */
export const EXPORTED_FUNCTIONS = [
  'advance',
  'walkBlock',
  'learn',
  'learnAlone',
  'foldAgent',
  'finishMember',
  'sweepAgent',
  'restart',
  'measure',
] as const

/** An instance of the compiled kernel. */
export interface KernelInstance extends Readonly<Record<SettingName, { value: number }>> {
  readonly memory: { readonly buffer: ArrayBuffer; grow(pages: number): number }
  advance(rounds: number, steps: number): void
  walkBlock(first: number, n: number, steps: number): void
  learn(member: number, i: number, n: number, steps: number): void
  learnAlone(member: number, table: number, i: number, n: number, steps: number): void
  foldAgent(member: number, agent: number): void
  finishMember(member: number): void
  sweepAgent(member: number, agent: number, steps: number): void
  restart(agent: number): number
  measure(table: number, truth: number, entries: number): void
}
