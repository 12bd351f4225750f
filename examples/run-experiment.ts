/** Simulates one seed of every variant of an experiment file, here and now, without a run folder. */
import { buildProblem, isQLearning, loadExperiment, simulate } from 'fedrl'

const experiment = await loadExperiment(new URL('lake.yaml', import.meta.url).pathname)
const [seed = 1] = experiment.seeds

for (const { name, settings } of experiment.variants.filter(isQLearning)) {
  const problem = await buildProblem(settings, seed, experiment.folder)
  const [finished] = await simulate([{ variant: name, settings, problems: [problem] }], [seed])
  const errors = (finished?.rows ?? [])
    .filter((row) => row.metric === 'error')
    .map((row) => row.value.toFixed(3))
  console.log(`${name}: error ${errors.join(' ')}`)
}
