/**
 * The best angle of one ReLU neuron in a plane, exactly.
 *
 * Sample i is active on the half circle of directions around x_i. At the 2n ends of these half circles the set of active samples changes;
 * on the arc between two of them the correlation is cᵀŵ with a fixed c, so that it is largest at ±c/‖c‖ if that lies on the arc, else at an end.
 */

/**
 * The angle α that maximises |Σ r_i relu(x_iᵀ(cos α, sin α))|.
 *
 * @param points    [2n], the samples' two coordinates after one another, finite
 * @param residual  [n], finite
 * @returns         radians in [−π, π]; 0 if nothing correlates
 * Accuracy: the value reached is the maximum to n · 2⁻⁵² of Σ|r_i|‖x_i‖.
 * Cost: n log n.
 * Source: derived above.
 */
export function bestAngle(points: Float64Array, residual: Float64Array): number {
  const ends = turnsOf(points, residual)
  let active = activeAtStart(points, residual)
  let best = { angle: 0, value: 0 }
  const look = (angle: number): void => {
    const value = Math.abs(active.x * Math.cos(angle) + active.y * Math.sin(angle))
    if (value > best.value) best = { angle, value }
  }
  let from = -Math.PI
  for (const { angle, x, y } of [...ends, { angle: Math.PI, x: 0, y: 0 }]) {
    look(from)
    look(angle)
    const top = Math.atan2(active.y, active.x) // in [−π, π]; the other candidate lies half a turn on
    for (const candidate of [top, top - Math.PI, top + Math.PI]) if (candidate > from && candidate < angle) look(candidate)
    active = { x: active.x + x, y: active.y + y }
    from = angle
  }
  return best.angle
}

type Turn = { readonly angle: number; readonly x: number; readonly y: number }

/** The angles in (−π, π] where samples turn on (their term is added) or off, in order. */
function turnsOf(points: Float64Array, residual: Float64Array): readonly Turn[] {
  const turns: Turn[] = []
  for (const [i, r] of residual.entries()) {
    const [x, y] = [points[2 * i] ?? 0, points[2 * i + 1] ?? 0]
    if ((x === 0 && y === 0) || r === 0) continue
    const middle = Math.atan2(y, x)
    turns.push({ angle: wrap(middle - Math.PI / 2), x: r * x, y: r * y }, { angle: wrap(middle + Math.PI / 2), x: -r * x, y: -r * y })
  }
  return turns.toSorted((a, b) => a.angle - b.angle)
}

/** The sum of r_i x_i over the samples that are active just behind the angle −π, by the same rounded ends as `turnsOf`. */
function activeAtStart(points: Float64Array, residual: Float64Array): { readonly x: number; readonly y: number } {
  let [sumX, sumY] = [0, 0]
  for (const [i, r] of residual.entries()) {
    const [x, y] = [points[2 * i] ?? 0, points[2 * i + 1] ?? 0]
    const middle = Math.atan2(y, x)
    const [on, off] = [wrap(middle - Math.PI / 2), wrap(middle + Math.PI / 2)]
    if (off > on) continue // turns on later, within the round
    sumX += r * x
    sumY += r * y
  }
  return { x: sumX, y: sumY }
}

/** The angle in (−π, π]. */
function wrap(angle: number): number {
  if (angle > Math.PI) return angle - 2 * Math.PI
  return angle <= -Math.PI ? angle + 2 * Math.PI : angle
}
