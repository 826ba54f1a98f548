/**
 * ELECTRA (Clark et al. 2020, "ELECTRA: Pre-training Text Encoders as Discriminators Rather Than Generators"): BERT's
 * encoder over embeddings that may be narrower and are then projected; KoELECTRA is this. Its heads use GELU, whatever the
 * encoder's activation.
 */
import { activate, dropout, linear } from "../engine/mod.ts";
import { plainPositions } from "./batch.ts";
import {
  type BertConfig,
  bertEmbed,
  bertEmbeddingSpecs,
  bertEncode,
  bertEncoderSpecs,
  parseBertConfig,
} from "./bert.ts";
import { deepClassifier, encoderArchitecture } from "./encoder.ts";
import { dense, linearOf, linearSpec } from "./layers.ts";

interface ElectraConfig extends BertConfig {
  embeddingWidth: number;
}

const prefix = "electra";

export const electra = encoderArchitecture<ElectraConfig>({
  modelType: "electra",
  className: "Electra",
  prefix,

  parse(config) {
    const defaults = { width: 256, heads: 4, innerWidth: 1024, vocabularySize: 30522, padId: 0 };
    return { ...parseBertConfig(config, defaults), embeddingWidth: config.integer("embedding_size", 128) };
  },

  body(config) {
    const { width, embeddingWidth } = config;
    return [
      ...bertEmbeddingSpecs(prefix, config, { width: embeddingWidth }),
      ...(embeddingWidth === width ? [] : linearSpec(`${prefix}.embeddings_project`, width, embeddingWidth)),
      ...bertEncoderSpecs(prefix, config),
    ];
  },

  encode(at, wanted) {
    const { config, p, pass, batch } = at;
    let embedded = bertEmbed(at, prefix, plainPositions(batch, config.positions));
    if (config.embeddingWidth !== config.width) {
      embedded = dense(pass, embedded, linearOf(p, `${prefix}.embeddings_project`));
    }
    return bertEncode(at, prefix, embedded, wanted);
  },

  language: {
    dense: "generator_predictions.dense",
    norm: "generator_predictions.LayerNorm",
    decoder: "generator_lm_head",
    activation: "gelu",
  },
  decoderWidth: ({ embeddingWidth }) => embeddingWidth,

  classifier: deepClassifier,

  /** Dropout, a linear map, GELU, dropout, the classes. */
  classify({ config: { classifierDropout }, p, pass }, read) {
    const { weight, bias } = linearOf(p, "classifier.dense");
    const inner = linear(pass, dropout(pass, read, classifierDropout), weight);
    const kept = dropout(pass, activate(pass, inner, bias, "gelu"), classifierDropout);
    return dense(pass, kept, linearOf(p, "classifier.out_proj"));
  },
});
