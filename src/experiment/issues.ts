/** Faults of an experiment file: those that a schema finds, and those that are told by hand. */
import type { z } from 'zod'
import type { Issue } from '../numeric/result.ts'

/** The issues of a schema, each once, one for every fault and key. */
export function zodIssues(error: z.ZodError): Issue[] {
  const issues = error.issues.flatMap((issue) => {
    const path = issue.path.map((part) => (typeof part === 'symbol' ? part.toString() : part))
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }]
    const messages = issue.message.split('\n')
    return issue.keys.map((key, index) => ({
      path: [...path, key],
      message: messages[index] ?? issue.message,
    }))
  })
  return [...new Map(issues.map((issue) => [JSON.stringify(issue), issue])).values()]
}

/** An issue at a place written with dots: 'algorithm.stepSize'. */
export const fault = (path: string, message: string): Issue => ({ path: path.split('.'), message })
