/** The multilayer perceptron: dense layers with tanh, or nothing, between them. */
import { normal } from '../../numeric/draw.ts'
import { tanh } from '../../numeric/tanh.ts'
import type { Point, Space } from '../environment.ts'
import { addOuter, denseBackward, denseForward } from './dense.ts'
import type { Dense } from './dense.ts'
import { stateOf } from './features/finite.ts'
import { describePoint } from './parametric-map.ts'
import type { MapAt, ParametricMap } from './parametric-map.ts'

/** What lies between the layers. */
export type Activation = 'tanh' | 'identity'

/** The last layer starts so much smaller than the others: the policy then starts near the uniform one, or near mean 0. */
const LAST_SCALE = 0.01

/**
 * x_0 = the observation (the state one-hot coded, where states are finitely many), x_l = activation(b_l + W_l x_{l-1}), and the outputs
 * b_L + W_L x_{L-1} without activation. theta: W_1 [out, in] row by row, b_1, W_2, b_2, ..., the last layer last.
 *
 * It starts with biases 0 and weights normal with deviation 1 / sqrt(inputs of the layer), in the last layer 0.01 times that.
 * @param observations what is observed
 * @param hidden units of each hidden layer, none for a linear map
 * @param outputs m >= 1
 * @param activation between the layers
 * @param ownHead whether the last layer stays with the agent: `shared` then ends before it
 */
export function perceptron(
  observations: Space,
  hidden: readonly number[],
  outputs: number,
  { activation = 'tanh', ownHead = false }: { activation?: Activation; ownHead?: boolean } = {},
): ParametricMap {
  const inputs = observations.kind === 'discrete' ? observations.n : observations.low.length
  const { layers, size } = layersOf([inputs, ...hidden, outputs])
  return {
    size,
    shared: ownHead ? (layers.at(-1) as Dense).weights : size,
    outputs,
    initial(stream) {
      const theta = new Float64Array(size)
      for (const layer of layers) {
        const scale = (layer === layers.at(-1) ? LAST_SCALE : 1) / Math.sqrt(layer.inputs)
        for (let i = layer.weights; i < layer.biases; i++) theta[i] = scale * normal(stream)
      }
      return theta
    },
    at: (theta) => mapAt(layers, theta, activation),
  }
}

/** Where the layers between so many units lie in theta, and how long it is. */
function layersOf(units: readonly number[]): { layers: readonly Dense[]; size: number } {
  const layers: Dense[] = []
  let size = 0
  for (let l = 1; l < units.length; l++) {
    const [inputs, outputs] = [units[l - 1] as number, units[l] as number]
    if (!Number.isInteger(outputs) || outputs < 1)
      throw new RangeError(`perceptron: units of layer ${l} must be an integer >= 1, got ${outputs}`)
    layers.push({ inputs, outputs, weights: size, biases: size + outputs * inputs })
    size += outputs * (inputs + 1)
  }
  return { layers, size }
}

function mapAt(layers: readonly Dense[], theta: Float64Array, activation: Activation): MapAt {
  const inputs = (layers[0] as Dense).inputs
  // x[l] goes into layer l; deltas[l] is the derivative by what comes out of it
  const x = layers.map((layer) => new Float64Array(layer.inputs))
  const deltas = layers.map((layer) => new Float64Array(layer.outputs))
  return {
    forward(observation, outputs) {
      writeInput(observation, x[0] as Float64Array)
      for (let l = 0; l < layers.length - 1; l++) {
        const y = x[l + 1] as Float64Array
        denseForward(layers[l] as Dense, theta, x[l] as Float64Array, y)
        if (activation === 'tanh') for (let i = 0; i < y.length; i++) y[i] = tanh(y[i] as number)
      }
      denseForward(layers.at(-1) as Dense, theta, x.at(-1) as Float64Array, outputs)
    },
    backward(delta, into) {
      let above = delta
      for (let l = layers.length - 1; l >= 0; l--) {
        addOuter(layers[l] as Dense, above, x[l] as Float64Array, into)
        if (l === 0) return
        const below = deltas[l - 1] as Float64Array
        denseBackward(layers[l] as Dense, theta, above, below)
        if (activation === 'tanh') throughTanh(x[l] as Float64Array, below)
        above = below
      }
    },
  }

  function writeInput(observation: Point, input: Float64Array): void {
    if (typeof observation !== 'number' && observation.length === inputs) {
      input.set(observation)
      return
    }
    if (typeof observation !== 'number')
      throw new RangeError(
        `perceptron: observation must be a vector of ${inputs} numbers, got ${describePoint(observation)}`,
      )
    const state = stateOf(observation, inputs)
    input.fill(0)
    input[state] = 1
  }
}

/** delta *= tanh', where x = tanh: 1 - x^2. */
function throughTanh(x: Float64Array, delta: Float64Array): void {
  for (let i = 0; i < delta.length; i++) {
    const xi = x[i] as number
    delta[i] = (delta[i] as number) * (1 - xi * xi)
  }
}
