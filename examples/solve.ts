/** Solves a problem exactly, and asks what two agents that know one action each reach between them. */
import { readFileSync } from 'node:fs'
import { oneActionBehavior } from 'fedrl/agent'
import { coverage, parseMdpJson, solveOptimal } from 'fedrl/mdp'

// a patient is ill (0), better (1) or well (2, the end); treatment 1 helps more and costs more
const parsed = parseMdpJson(readFileSync(new URL('ward.mdp.json', import.meta.url), 'utf8'))
if (!parsed.ok) throw new Error(parsed.issues.map((issue) => issue.message).join('\n'))
const mdp = parsed.value

const { v, policy, bound } = solveOptimal(mdp)
console.log(
  `values ${Array.from(v, (value) => value.toFixed(3)).join(' ')}, exact to ${bound.toExponential(0)}`,
)
console.log(`treatment when ill ${policy[0]}, when better ${policy[1]}`)

const { muMin, muAvg, cHet } = coverage(mdp, oneActionBehavior(mdp.states, mdp.actions, 2), {
  mixingTimeCap: 1000,
})
console.log(
  `two wards with one treatment each: mu_min ${muMin}, mu_avg ${muAvg.toFixed(3)}, C_het ${cHet.toFixed(3)}`,
)
