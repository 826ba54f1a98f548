/**
 * The command lines of the tasks: what each does, and its options. They stand apart from the commands so that a help, or a mistake, is told
 * before anything is set up or loaded.
 */
import {
  clusterOptions,
  type CommandLine,
  languageRecipe,
  type Option,
  type OptionTable,
  recipe,
  shared,
} from "./options.ts";

/** How a table of songs is read: the same for every command that reads one. */
const table = {
  songs: shared.songs,
  separator: shared.separator,
  genres: shared.genres,
  genreNames: shared.genreNames,
} as const satisfies OptionTable;

/** What says that a training's run is in a folder. */
export const runMark = "run.json";

/** What a training leaves in its output folder. */
export const runFiles = [
  "adapt",
  "best",
  "checkpoints",
  "merged",
  "history.jsonl",
  "metrics.json",
  "predictions.csv",
  "split.json",
  "test_metrics.json",
  // the last to be moved where an earlier run is kept: it says that there is one
  runMark,
] as const;

/** What `start` leaves in its output folder, and `report` and `slides` after it. */
const startFiles = ["run", "notebooks", "report.html", "slides"] as const;

/** Where `train` and `start` leave their models: the newest is what `evaluate` and `predict` take by default. */
export const ownModels = ["outputs/train/best", "outputs/run/best"] as const;

/** The output folders of `start` and `train`: the newest run in them is what `report` takes by default. */
export const ownRuns = ["outputs", "outputs/train"] as const;

/** A model that has learnt genres. */
const trained = {
  ...shared.model,
  default: undefined,
  about: `a model's folder, or a Hub id (default: the newest of ${ownModels.join(" and ")})`,
} as const satisfies Option;

/** A tokenizer to measure with, where there is no model that has one. */
const measuredTokenizer = {
  ...shared.tokenizer,
  default: "data/tokenizer",
  about: "a SentencePiece model, tokenizer.json or folder of one",
} as const satisfies Option;

/** Where `predict` writes a table's answers. */
export const predictionsFile = "outputs/predictions.csv";

const orStandardInput = {
  standardInput: true,
  about: `${shared.songs.about}; - is standard input`,
} as const satisfies Partial<Option>;

const json = {
  type: "flag",
  about: "prints JSON in place of tables, and nothing else on standard output",
} as const satisfies Option;

/** What `start` and `lab` tell the notebooks. */
export const onNotebooks = {
  ...table,
  model: shared.model,
  models: {
    type: "list",
    about:
      "the models that 03_model_search compares, with commas (default kobert-small and one of each architecture from scratch)",
  },
  tokenizer: shared.tokenizer,
  output: { ...shared.output, default: "outputs", writes: startFiles, mark: "run" },
  seed: shared.seed,
  engine: shared.engine,
  precision: shared.precision,
  recipe: {
    ...recipe.recipe,
    about:
      "how to train; by default fine-tune for kobert-small, quick for a small model from scratch, else study; thorough takes two hours",
  },
  adapt: recipe.adapt,
} as const satisfies OptionTable;

/** What stands in the help of commands that run Python's libraries beside ours. */
const besidePython =
  "The first such command installs Python's libraries in .venv-reference: 6 GB of disk, and 4 GB more meanwhile.";

const line = <const T extends OptionTable>(line: CommandLine<T>): CommandLine<T> => line;

/** By the task's name. */
export const commandLines = {
  start: line({
    command: "start",
    about:
      "Runs all notebooks, headless: analysis, preprocessing, fine-tuning, evaluation, the further ideas.\n" +
      "The executed notebooks and what they write go to the output folder.\n" +
      "A run that was cut off goes on with the same command; a search and a training go on where they stood.",
    options: {
      ...onNotebooks,
      ...clusterOptions,
      anew: { ...shared.anew, about: "starts over where an earlier run was cut off" },
      estimate: {
        type: "flag",
        about:
          "runs nothing: measures this machine for a minute or two, and says how long each notebook would take",
      },
    },
  }),
  lab: line({
    command: "lab",
    about:
      "Opens JupyterLab on the notebooks, with the project's kernel; the notebooks get the songs, the model and the rest as `start` would\n" +
      "give them. What stands behind a second -- goes to JupyterLab: deno task lab -- --songs FILE -- --ip 0.0.0.0",
    options: {
      ...onNotebooks,
      ...clusterOptions,
      anew: { ...shared.anew, about: "keeps an earlier run of the output folder elsewhere, and starts over" },
      port: {
        type: "integer",
        min: 1,
        max: 65535,
        about: "where JupyterLab listens (default 8888, or the next that is free)",
      },
      noBrowser: { type: "flag", about: "opens no browser" },
    },
    rest: "JUPYTERLAB'S OPTIONS",
  }),
  train: line({
    command: "train",
    about:
      "Fine-tunes a model to tell songs' genres: eight tenths of the songs train it, a tenth validates, a tenth tests.\n" +
      "Writes best/ (the model), history.jsonl, metrics.json and predictions.csv (the test songs). A run that was cut off\n" +
      "goes on where it stood; Ctrl-C saves first. mpiexec -n N deno task train … shares each batch among N processes, of one machine\n" +
      "or several: docs/scaling.md.",
    options: {
      ...table,
      model: shared.model,
      tokenizer: shared.tokenizer,
      output: {
        ...shared.output,
        default: "outputs/train",
        writes: [...runFiles, "report.html"],
        mark: runMark,
      },
      seed: shared.seed,
      engine: shared.engine,
      precision: shared.precision,
      ...recipe,
      anew: shared.anew,
      baseBf16: { type: "flag", about: "holds what LoRA leaves as it is in bfloat16: half the memory" },
      merged: {
        type: "flag",
        about: "also writes merged/: the best model with LoRA's adapters merged into it",
      },
      weights: { type: "flag", about: "weighs a song's genres to 1 together, in place of oversampling" },
      multiLabel: {
        type: "flag",
        about: "a yes or no for each genre, for songs of several; thresholds are tuned on validation songs",
      },
    },
  }),
  pretrain: line({
    command: "pretrain",
    about:
      "Trains a language model on text files, on the lyrics of tables of songs, or on both: BERT's family to tell masked words,\n" +
      "Llama to tell the next. Of the songs only those train that `train` with the same seed trains on, so that its test songs\n" +
      "stay unseen; of other texts a small share validates. All is tokenized once, into rows on the disk. Writes best/ (the model:\n" +
      "--model takes it, with a fresh classifier), history.jsonl, metrics.json and curve.png. A run that was cut off goes on where it\n" +
      "stood; Ctrl-C saves first. mpiexec -n N deno task pretrain … shares each batch among N processes: docs/scaling.md.",
    options: {
      ...table,
      songs: {
        type: "text",
        repeated: true,
        placeholder: "FILE[:TIMES]",
        about: "a table of songs, read so many times an epoch; data/songs.csv where no text is given",
      },
      text: {
        type: "text",
        repeated: true,
        placeholder: "FILE[:TIMES]",
        about:
          "a text file, or a folder of .txt files: paragraphs with empty lines between, or a text a line; read so many times an epoch",
      },
      document: {
        type: "text",
        repeated: true,
        placeholder: "FILE[:TIMES]",
        about: "the same for texts whose lines follow one another: as many as a row holds are read together",
      },
      model: {
        ...shared.model,
        default: "kobert-small-scratch",
        about:
          "a small one from scratch (llama-small tells the next word), or what goes on reading: kobert-small, a checkpoint's folder, a Hub id",
      },
      tokenizer: shared.tokenizer,
      output: {
        ...shared.output,
        default: "outputs/pretrain",
        writes: [...runFiles, "texts", "curve.png", "bf16"],
        mark: runMark,
      },
      seed: shared.seed,
      engine: shared.engine,
      precision: shared.precision,
      ...languageRecipe,
      bf16: { type: "flag", about: "also writes bf16/: the best model in bfloat16, half the size" },
      randomEmbeddings: {
        type: "flag",
        about:
          "a model from scratch begins with random embeddings, and not with word vectors out of the texts",
      },
      anew: shared.anew,
    },
  }),
  evaluate: line({
    command: "evaluate",
    about:
      "Measures a model on songs with genres: accuracy per instance and per song, macro-F1, each genre's scores.\n" +
      "A model that `train` made is measured on its own test songs where the table has them; --all takes every song.",
    options: {
      ...table,
      songs: { ...table.songs, ...orStandardInput },
      genres: {
        ...shared.genres,
        about:
          "measures on songs of these genres only, with commas (default those the model was trained for)",
      },
      model: trained,
      tokenizer: shared.tokenizer,
      output: {
        ...shared.output,
        writes: ["metrics.json", "predictions.csv", "genre_sets.json"],
        about: "where metrics.json and predictions.csv go; printed only without",
      },
      engine: shared.engine,
      precision: shared.precision,
      maxLength: recipe.maxLength,
      all: { type: "flag", about: "every song of the table, those it was trained on included" },
      json,
    },
  }),
  predict: line({
    command: "predict",
    about:
      "Tells the genres of songs: of every song of tables of any size (of their columns only `lyrics` is needed), or of lyrics given\n" +
      "here. The likeliest are printed; tables' answers, with every genre's probability, go to a file as well, row by row. A run that was\n" +
      "cut off goes on where it stood.",
    options: {
      songs: {
        ...shared.songs,
        ...orStandardInput,
        default: undefined,
        repeated: true,
        patterns: true,
        placeholder: "FILES",
        about: 'a table of songs, CSV or Parquet, or a pattern of several: "2024-*.csv"; - is standard input',
      },
      text: {
        type: "text",
        placeholder: "LYRICS",
        repeated: true,
        about: 'lyrics in place of a table: --text "밤하늘의 별을 세다가"',
      },
      separator: shared.separator,
      genreNames: shared.genreNames,
      model: trained,
      tokenizer: shared.tokenizer,
      output: {
        type: "text",
        path: "output file",
        standardOutput: true,
        about:
          `the table to write, CSV, or Parquet by its ending .parquet; - is standard output (default of tables ${predictionsFile}; of texts and with --json none)`,
      },
      shard: {
        type: "text",
        placeholder: "I/N",
        about:
          "only the Ith of N equal shares of the songs, for jobs side by side; their files in order are the whole",
      },
      anew: { type: "flag", about: "starts over where an earlier run was cut off" },
      top: {
        type: "integer",
        min: 1,
        about: "how many genres of a song are printed, the likeliest first (default 3; with --json all)",
      },
      json: { ...json, about: "prints a line of JSON for each song, and nothing else on standard output" },
      engine: shared.engine,
      precision: shared.precision,
      maxLength: recipe.maxLength,
    },
  }),
  "import-melon": line({
    command: "import-melon",
    about:
      "Makes a table of songs, as --songs takes it, of Melon's monthly charts: a checkout of EX3exp/Kpop-lyric-datasets or any\n" +
      "folder of its JSON files. A song that is in several charts comes once. The lyrics are under copyright: keep the table\n" +
      "to your own research.",
    options: {
      from: {
        type: "text",
        placeholder: "FOLDER",
        path: "input",
        required: true,
        about: "the folder with the charts' JSON files",
      },
      output: { type: "text", path: "output file", default: "outputs/melon.csv", about: "the table" },
    },
  }),
  report: line({
    command: "report",
    about:
      "Writes report.html: tables, figures, settings, machine and versions of a run on one page that needs nothing else.\n" +
      "`start` writes it at its end; this makes it again.",
    options: {
      output: {
        type: "text",
        placeholder: "FOLDER",
        about: `the output folder of start or train (default: of ${
          ownRuns.join(" and ")
        } that with the newest run)`,
      },
    },
  }),
  slides: line({
    command: "slides",
    about:
      "Makes slides of the notebooks that start executed in the output folder, or of the project's own where it has not run.\n" +
      "They open in a browser without a network: OUTPUT/slides/index.html.",
    options: {
      output: {
        ...shared.output,
        default: "outputs",
        writes: startFiles,
        mark: "run",
        about: "the output folder of start",
      },
      withoutCode: { type: "flag", about: "texts, figures and tables only" },
    },
  }),
  bench: line({
    command: "bench",
    about:
      "Measures training, inference, memory and loading beside PyTorch, torch.compile, OpenVINO and ONNX Runtime, in turn on\n" +
      "this machine, and prints a table of ratios: above 1 is better than the best of them. Let nothing else run meanwhile. It takes\n" +
      "about half an hour.\n" + besidePython,
    options: {
      rows: {
        type: "text",
        placeholder: "PATTERN",
        about: "only rows whose name has this (a regular expression)",
      },
      quick: { type: "flag", about: "a few rows and rounds: three minutes" },
      long: {
        type: "flag",
        about:
          "more rows: 512 tokens, float32, no dropout, epochs: two and a half hours in all, 24 GB of memory",
      },
      resume: { type: "flag", about: "keep the rows that the output file has, measure the others" },
      document: {
        type: "flag",
        about: "write docs/benchmark.md and the README's short table, as a run without --rows does",
      },
      rounds: { type: "integer", min: 1, max: 100, about: "turns of each side (default 7, with --quick 3)" },
      peerAllocator: {
        type: "choice",
        choices: ["default", "tuned"],
        default: "tuned",
        about: "glibc's allocator under PyTorch: as it comes, or set as for our side",
      },
      output: {
        type: "text",
        path: "output file",
        default: "outputs/bench.json",
        about: "where the figures go",
      },
    },
  }),
  docs: line({
    command: "docs",
    about:
      "Writes the figures and tables on README.md, README.ko.md and the pages of docs/ that stand between markers, out of the committed\n" +
      "notebooks and the results kept in docs/results.",
    options: {
      check: { type: "flag", about: "writes nothing, and says where a page is not what its sources say" },
      splits: {
        type: "list",
        about:
          "first keeps the figures of these output folders of `train`, one a seed, as docs/results/bundled_songs.json",
      },
      nsmc: {
        type: "flag",
        about:
          "first trains on the film reviews in ../shared/nsmc, where they are, as docs/results/nsmc.json: hours on two cores",
      },
    },
  }),
  "bench-tokenizer": line({
    command: "bench-tokenizer",
    about:
      "Measures how fast texts become ids, beside Python's sentencepiece and tokenizers, one thread each, in turn.\n" +
      besidePython,
    options: {
      tokenizer: measuredTokenizer,
      songs: shared.songs,
      lines: { type: "text", placeholder: "FILE", path: "input", about: "a text a line, in place of songs" },
      rounds: { type: "integer", min: 1, default: 7, about: "turns of each side" },
    },
  }),
  "check-learning": line({
    command: "check-learning",
    about:
      "Trains kobert-small-scratch here and in PyTorch on short labelled texts, from the same weights with the same batches, and\n" +
      "compares what both reach; without dropout, their first steps. What the output file has already is not trained again.\n" +
      "An hour on two cores for 20,000 reviews.\n" + besidePython,
    options: {
      train: {
        type: "text",
        path: "input",
        required: true,
        about: "the texts to learn from, with tabs between id, document and label (0 or 1)",
      },
      test: { type: "text", path: "input", required: true, about: "the texts to measure on" },
      tokenizer: measuredTokenizer,
      seeds: { type: "list", default: "1,2,3", about: "one training of each side by each" },
      precisions: { type: "list", default: "bf16,float32", about: "of the trainings" },
      sides: { type: "list", default: "ours,peer", about: "which sides train" },
      dropout: {
        type: "number",
        min: 0,
        below: 1,
        default: 0.1,
        about: "the rate of every dropout of both models",
      },
      output: { type: "text", path: "output file", default: "outputs/learning.json", about: "the results" },
    },
  }),
  "check-real-size": line({
    command: "check-real-size",
    about:
      "Compares a training step of KoBERT-base's shape with PyTorch's, number by number. Some minutes, and 3 GB of disk.\n" +
      "A gradient of few numbers is far off by chance with some seeds: see several.\n" + besidePython,
    options: {
      folder: {
        type: "text",
        path: "output folder",
        writes: ["config.json", "model.safetensors", "batch.json", "masks.bin", "masks.json", "ours"],
        about: "where the weights and steps stay (default: they go at the end)",
      },
      seed: { ...shared.seed, default: 20240607, about: "draws weights and batch" },
    },
  }),
  "check-round-trip": line({
    command: "check-round-trip",
    about:
      "Checks that Python's transformers opens what is saved here, and the other way, with the same logits and ids.\n" +
      besidePython,
    options: {
      folder: {
        type: "text",
        path: "output folder",
        writes: ["saved", "resaved", "kobert-small-trained-cls", "kobert-small-trained-mean"],
        about: "where the models stay (default: they go at the end)",
      },
    },
  }),
  setup: line({
    command: "setup",
    about:
      "Sets the project up, inside its own folder. Every other task does so by itself, where something is missing.",
    options: {
      engine: { ...shared.engine, about: "tensorflow: fail where it cannot be had; wasm: leave it out" },
      requireTensorflow: { type: "flag", about: "fail where TensorFlow cannot be had, as the tests do" },
      mpi: {
        type: "flag",
        about: "also installs MPICH (13 MB), whose mpiexec starts processes that train together",
      },
      ray: {
        type: "flag",
        about: "also installs Ray (300 MB), on whose clusters trials run: every node of one needs it",
      },
      check: {
        type: "flag",
        about: "sets nothing up and prints what stands; exit code 1 where `setup` has something to do",
      },
    },
  }),
} as const;
