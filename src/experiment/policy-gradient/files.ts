/** The files that a policy-gradient variant refers to. */
import type { PgSettings } from './spec.ts'

/** Paths as the experiment writes them: model, rewards, dynamics, features; not a module, which is made of several files. */
export function pgFilesOf({ environment, agents, algorithm: { policy } }: PgSettings): string[] {
  const files: string[] = []
  if ('mdp' in environment) files.push(environment.mdp)
  if (typeof agents.rewards === 'string') files.push(agents.rewards)
  if (agents.dynamics !== undefined && 'mdps' in agents.dynamics) files.push(...agents.dynamics.mdps)
  if (typeof policy === 'object' && 'linear' in policy && typeof policy.linear === 'object') {
    if ('matrix' in policy.linear) files.push(policy.linear.matrix)
  }
  return files
}

/** The module of the environment, as the experiment writes it; null where it is none. */
export const pgModuleOf = ({ environment }: PgSettings): string | null =>
  'module' in environment ? environment.module : null
