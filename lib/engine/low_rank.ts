/** What adapters add to a product of weights: the low-rank part of {@link linear}, and its way back. */
import * as tf from "@tensorflow/tfjs";
import type { Precision } from "./backend.ts";
import type { Dropping } from "./kernel_types.ts";
import { kernels } from "./kernels.ts";
import { concatRows, product, splitRows, sum } from "./low.ts";
import type { Adapter, Parameter } from "./parameters.ts";
import { toBfloat16, toFloat32 } from "./raw.ts";

/** The adapters of weights that are multiplied side by side. */
export interface LowRank {
  /** A of each adapter, then B of each. */
  parameters: Parameter[];
  /** A Dropout(x)ᵀ of all adapters, one below the other: from x [tokens, in] to [ranks, tokens]. */
  down(x: tf.Tensor): tf.Tensor;
  /** scale · B of that: from [ranks, tokens] to [tokens, sum of out], zeros for weights without an adapter. */
  up(inner: tf.Tensor): tf.Tensor;
  /** From the gradient of the result to that of x, in its type, where it is wanted, and those of the parameters. */
  backward(
    dy: tf.Tensor,
    x: tf.Tensor,
    inner: tf.Tensor,
    wantsX: boolean,
  ): { dx: tf.Tensor | null; gradients: tf.Tensor[] };
}

/**
 * The adapters of some weights, `null` where none has one.
 *
 * Tensors between A and B are kept as [ranks, tokens], so that what belongs to an adapter is a band of rows.
 *
 * @param weights each [out, in], over the same input
 * @param draw the dropout of an adapter's input
 */
export function lowRank(
  weights: Parameter[],
  precision: Precision,
  draw: (rate: number) => Dropping,
): LowRank | null {
  const adapters = weights.flatMap(({ adapter }) => adapter ?? []);
  if (adapters.length === 0) return null;
  const droppings = adapters.map(({ dropout }) => draw(dropout));
  const dropped = droppings.some((dropping) => dropping !== null);
  const ranks = adapters.map(({ down }) => down.shape[0]!);
  const values = ({ down }: Adapter) => precision === "bf16" ? down.lowValue() : down.value();
  const downs = () => concatRows(adapters.map(values));
  const ups = () => {
    const blocks = blockDiagonal(weights, ranks);
    return precision === "bf16" ? toBfloat16(blocks) : blocks;
  };

  return {
    parameters: [...adapters.map(({ down }) => down), ...adapters.map(({ up }) => up)],

    down(x) {
      if (!dropped) return product(downs(), x, false, true);
      return concatRows(
        adapters.map((adapter, i) =>
          product(values(adapter), kernels().dropout(x, droppings[i]!), false, true)
        ),
      );
    },

    up: (inner) => product(inner, ups(), true, true),

    backward(dy, x, inner, wantsX) {
      const dInner = product(ups(), dy, true, true);
      const ofUps = bandsOf(toFloat32(product(dy, inner, true, true)), weights);
      if (!dropped) {
        const dDowns = splitRows(product(dInner, x), ranks);
        return {
          dx: wantsX ? product(dInner, downs(), true, false) : null,
          gradients: [...dDowns, ...ofUps],
        };
      }
      const bands = splitRows(dInner, ranks);
      const dDowns = bands.map((band, i) => product(band, kernels().dropout(x, droppings[i]!)));
      const dx = wantsX
        ? bands.map((band, i) =>
          kernels().dropout(product(band, values(adapters[i]!), true, false), droppings[i]!)
        )
          .reduce((total, part) => sum(total, part))
        : null;
      return { dx, gradients: [...dDowns, ...ofUps] };
    },
  };
}

/** scale · B of each adapter at its weight's rows and its own columns, [sum of out, ranks], float32. */
function blockDiagonal(weights: Parameter[], ranks: number[]): tf.Tensor {
  const columns = ranks.reduce((total, rank) => total + rank, 0);
  let before = 0;
  return concatRows(weights.map(({ adapter, shape }) => {
    if (adapter === null) return tf.zeros([shape[0]!, columns]);
    const block = tf.mul(adapter.up.value(), adapter.scale), rank = adapter.down.shape[0]!;
    const after = columns - before - rank;
    const padded = rank === columns ? block : tf.pad(block, [[0, 0], [before, after]]);
    before += rank;
    return padded;
  }));
}

/** The way back of {@link blockDiagonal}: the gradient of each B. */
function bandsOf(dBlocks: tf.Tensor, weights: Parameter[]): tf.Tensor[] {
  const rows = splitRows(dBlocks, weights.map(({ shape }) => shape[0]!));
  let before = 0;
  return weights.flatMap(({ adapter, shape }, i) => {
    if (adapter === null) return [];
    const rank = adapter.down.shape[0]!;
    const band = tf.slice(rows[i]!, [0, before], [shape[0]!, rank]);
    before += rank;
    return [tf.mul(band, adapter.scale)];
  });
}
