/**
 * Attention by relative positions and segments, as XLNet has it (Yang et al. 2019, after Dai et al. 2019, "Transformer-XL").
 *
 * Letters in comments: B rows of the batch, L tokens a row, N heads, D their width, H = the model's width; P = 2 L relative
 * positions, from L down to 1 - L; G groups of rows that share a table of positions.
 */
import * as tf from "@tensorflow/tfjs";
import { kernels } from "./kernels.ts";
import { product, reshape, transpose } from "./low.ts";
import { type BatchShape, low, lowParameter, nextDropping, type Pass } from "./ops.ts";
import type { Parameter } from "./parameters.ts";
import { toFloat32 } from "./raw.ts";

/**
 * A product with a weight that is stored by heads, [H, N, D], without bias.
 *
 * @param x [tokens, H], or [tokens, N · D] for `"from heads"`
 * @returns [tokens, N · D], or [tokens, H], in the pass's precision
 */
export function project(
  pass: Pass,
  x: tf.Tensor,
  weight: Parameter,
  direction: "to heads" | "from heads",
): tf.Tensor {
  const { tape, precision } = pass;
  const [width, heads, headWidth] = weight.shape as [number, number, number];
  const matrix = () => reshape(lowParameter(weight, precision), [width, heads * headWidth]);
  const input = low(x, precision), out = direction === "from heads";
  const output = tf.tidy(() => product(input, matrix(), false, out));
  tape?.record(output, [x, weight], [input], (dy) => {
    const dyLow = low(dy, precision);
    const dx = tape.needsGradient(x) ? product(dyLow, matrix(), false, !out) : null;
    if (!tape.needsGradient(weight)) return [dx];
    const dMatrix = out ? product(dyLow, input, true, false) : product(input, dyLow, true, false);
    return [dx, reshape(dMatrix, [width, heads, headWidth])];
  });
  return output;
}

/** What {@link relativeAttend} learns beside its products, each [N, D]; `segments` [2, N, D]: same, different. */
export interface RelativeBiases {
  content: Parameter;
  position: Parameter;
  segment: Parameter;
  segments: Parameter;
}

/** How {@link relativeAttend} mixes tokens. */
export interface RelativeAttentionOptions extends BatchShape {
  heads: number;
  /** Multiplies the scores; 1 / √D as a rule. */
  scale: number;
  /** Added to the scores, [B or 1, 1, L, L]: 0 where attention may look, very negative elsewhere. */
  mask: tf.Tensor | null;
  /** 1 where two tokens are of different segments, else 0, [B, 1, L, L]; `null` where there are no segments. */
  different: tf.Tensor | null;
  /** G: the rows of the batch, in order, are cut into so many groups, each with its own positions. */
  groups: number;
  dropout: number;
}

/**
 * From scores by relative position [X, L, P] to scores by key [X, L, L]: entry (i, j) is that of column L - i + j. Laid out
 * flat, dropping the first L numbers and reading rows of P - 1 does that.
 */
function shift(x: tf.Tensor, length: number): tf.Tensor {
  const [count, , positions] = x.shape as [number, number, number];
  const flat = tf.slice(tf.reshape(x, [count, positions, length]), [0, 1, 0]);
  return tf.slice(tf.reshape(flat, [count, length, positions - 1]), [0, 0, 0], [count, length, length]);
}

/** From the gradient of {@link shift}'s output to that of its input. */
function shiftGradient(dy: tf.Tensor, positions: number): tf.Tensor {
  const [count, length] = dy.shape as [number, number, number];
  const wide = tf.pad(dy, [[0, 0], [0, 0], [0, positions - 1 - length]]);
  const flat = tf.pad(tf.reshape(wide, [count, positions - 1, length]), [[0, 0], [1, 0], [0, 0]]);
  return tf.reshape(flat, [count, length, positions]);
}

/**
 * Multi-head attention whose scores have three parts, each with a bias of its own for the queries: by content
 * (q + b₁) kᵀ, by relative position (q + b₂) rᵀ, and by whether query and key are of one segment (q + b₃) sᵀ:
 * Dropout(softmax(their sum · scale + mask)) v.
 *
 * @param heads queries, keys and values [B · L, N · D], and the keys of positions `r` [G · P, N · D]
 * @returns [B · L, N · D], in the pass's precision
 */
export function relativeAttend(
  pass: Pass,
  { q, k, v, r }: { q: tf.Tensor; k: tf.Tensor; v: tf.Tensor; r: tf.Tensor },
  biases: RelativeBiases,
  options: RelativeAttentionOptions,
): tf.Tensor {
  const { batch, length, heads, scale, mask, groups } = options;
  // the table stays the caller's: the tape gets a copy, which shares the memory
  const different = options.different && tf.clone(options.different);
  const { tape, precision } = pass;
  const headWidth = q.shape[1]! / heads, positions = 2 * length;
  const dropping = nextDropping(pass, options.dropout, batch * heads * length);

  const byHead = (x: tf.Tensor, rows: number) =>
    transpose(reshape(x, [rows, x.shape[0]! / rows, heads, headWidth]), [0, 2, 1, 3]);
  const byToken = (x: tf.Tensor) =>
    tf.reshape(tf.transpose(toFloat32(x), [0, 2, 1, 3]), [-1, heads * headWidth]);
  // [B, N, L, X] to [G, N, B / G · L, X] and back: a group's rows are one matrix for each head
  const fold = (x: tf.Tensor, count: number) => {
    const apart = reshape(x, [count, batch / count, heads, length, x.shape[3]!]);
    return reshape(transpose(apart, [0, 2, 1, 3, 4]), [count, heads, batch / count * length, x.shape[3]!]);
  };
  const unfold = (x: tf.Tensor, count: number) => {
    const apart = reshape(x, [count, heads, batch / count, length, x.shape[3]!]);
    return reshape(transpose(apart, [0, 2, 1, 3, 4]), [batch, heads, length, x.shape[3]!]);
  };
  const withBias = (queries: tf.Tensor, bias: Parameter) =>
    low(tf.add(queries, tf.reshape(bias.value(), [1, heads, 1, headWidth])), precision);
  const parts = () => {
    const queries = toFloat32(byHead(q, batch));
    return {
      content: withBias(queries, biases.content),
      position: fold(withBias(queries, biases.position), groups),
      segment: different && fold(withBias(queries, biases.segment), 1),
      segments: different && reshape(transpose(lowParameter(biases.segments, precision), [1, 0, 2]), [
        1,
        heads,
        2,
        headWidth,
      ]),
      keys: byHead(k, batch),
      values: byHead(v, batch),
      places: byHead(r, groups),
    };
  };

  const { output, scores } = tf.tidy(() => {
    const { content, position, segment, segments, keys, values, places } = parts();
    const byPlace = toFloat32(unfold(product(position, places, false, true), groups));
    const shifted = shift(tf.reshape(byPlace, [batch * heads, length, positions]), length);
    let scores = tf.add(
      toFloat32(product(content, keys, false, true)),
      tf.reshape(shifted, [batch, heads, length, length]),
    );
    if (different !== null) {
      const both = toFloat32(unfold(product(segment!, segments!, false, true), 1));
      const [same, other] = tf.split(both, 2, -1) as [tf.Tensor, tf.Tensor];
      scores = tf.add(scores, tf.add(same, tf.mul(different, tf.sub(other, same))));
    }
    scores = low(scores, precision);
    const dropped = kernels().attentionWeights(scores, mask, scale, dropping);
    const context = transpose(product(dropped, values), [0, 2, 1, 3]);
    return { output: reshape(context, [batch * length, heads * headWidth]), scores };
  });

  const ofSegments = different === null ? [] : [biases.segment, biases.segments];
  const inputs = [q, k, v, r, biases.content, biases.position, ...ofSegments];
  // the mask stays the caller's: the tape gets a copy, which shares the memory
  const masked = tape && mask && tf.clone(mask);
  const saved = [q, k, v, r, scores, ...(different === null ? [] : [different]), ...(masked ? [masked] : [])];
  tape?.record(output, inputs, saved, (dy) => {
    const { content, position, segment, segments, keys, values, places } = parts();
    const dContext = byHead(low(dy, precision), batch);
    const dDropped = product(dContext, values, false, true);
    const { dScores, dropped } = kernels().attentionWeightsGradient(
      dDropped,
      scores,
      masked,
      scale,
      dropping,
    );
    const dValues = product(dropped, dContext, true, false);
    const dContent = toFloat32(product(dScores, keys));
    const dKeys = product(dScores, content, true, false);

    const dShifted = tf.reshape(toFloat32(dScores), [batch * heads, length, length]);
    const dByPlace = tf.reshape(shiftGradient(dShifted, positions), [batch, heads, length, positions]);
    const dPlaces = fold(low(dByPlace, precision), groups);
    const dPosition = toFloat32(unfold(product(dPlaces, places), groups));
    const dr = product(dPlaces, position, true, false);

    const ofBias = (x: tf.Tensor) => tf.sum(x, [0, 2]);
    const gradients = [ofBias(dContent), ofBias(dPosition)];
    let dQueries = tf.add(dContent, dPosition);
    if (different !== null) {
      const scoresGradient = toFloat32(dScores);
      const all = tf.sum(scoresGradient, -1, true),
        other = tf.sum(tf.mul(scoresGradient, different), -1, true);
      const dBoth = fold(low(tf.concat([tf.sub(all, other), other], -1), precision), 1);
      const dSegment = toFloat32(unfold(product(dBoth, segments!), 1));
      const dSegments = tf.reshape(toFloat32(product(dBoth, segment!, true, false)), [heads, 2, headWidth]);
      gradients.push(ofBias(dSegment), tf.transpose(dSegments, [1, 0, 2]));
      dQueries = tf.add(dQueries, dSegment);
    }
    return [byToken(dQueries), byToken(dKeys), byToken(dValues), byToken(dr), ...gradients];
  });
  if (tape === null) tf.dispose([scores, different ?? []]);
  return output;
}
