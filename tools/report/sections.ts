/** The report's sections on the run itself. Each gives its HTML, or `null` where the run left nothing to tell. */
import { macroF1Name, wilsonInterval } from "../../lib/evaluation/mod.ts";
import { type Finding } from "../../lib/notebook/mod.ts";
import {
  dropReasons,
  duration,
  epochTable,
  headlineFinding,
  trainingFinding,
} from "../../lib/subjects/mod.ts";
import type { Song } from "../../lib/songs/mod.ts";
import { gatheredName, shownAndGathered } from "../../lib/plots/mod.ts";
import * as plots from "../../lib/plots/mod.ts";
import { bilingual } from "../../lib/trials/mod.ts";
import { studyRecipe } from "../../lib/training/mod.ts";
import { type ReportData, shownPath, shownSource, type SongsSummary, type WrittenVerdict } from "./data.ts";
import type { Picture } from "./figures.ts";
import { facts, type Html, markup, outcome, said, table } from "./html.ts";
import { grouped, percent, score } from "./numbers.ts";

/** The model's verdict and its name; `null` where nothing was measured. */
export function modelVerdict({ verdicts, record }: ReportData): [name: string, WrittenVerdict] | null {
  const all = Object.entries(verdicts ?? {});
  // The model's is written last, under the name that the command was given.
  return all.find(([method]) => record !== null && method === shownSource(record.options.model)) ??
    all.at(-1) ?? null;
}

/** How many of the genres no test song has. */
export const absentGenres = ({ perGenre }: WrittenVerdict): number =>
  perGenre.filter(({ support }) => support === 0).length;

/** A written verdict as comparisons take it. */
export const contender = ([method, { accuracyPerSong, macroF1 }]: [string, WrittenVerdict]) => ({
  method,
  perSong: accuracyPerSong,
  macroF1,
});

/** How the model did beside the best baseline, as notebook 5 says it; `null` where nothing was measured. */
export function headline(data: ReportData): Finding | null {
  const model = modelVerdict(data);
  if (model === null) return null;
  const [name] = model, { read, beside } = data.evaluation ?? {};
  return headlineFinding(
    contender(model),
    Object.entries(data.verdicts!).filter(([method]) => method !== name).map(contender),
    { ...(read !== undefined && { read }), ...(beside !== undefined && { beside }) },
  );
}

/** The run in a few numbers, and the answer in a sentence. */
export function summary(data: ReportData): Html | null {
  const found = modelVerdict(data), { record, songs, training } = data;
  if (found === null && record === null) return null;
  const card = (value: string, name: string) =>
    markup`<div class="card"><b>${value}</b><span>${name}</span></div>`;
  const timeCard = (ms: number, name: string) => {
    const { ko, en } = duration(ms);
    return card(ko, `${name}, ${en}`);
  };
  const cards: Html[] = [];
  let answer: Html | null = null;
  if (found !== null) {
    const [, model] = found, { ko, en } = headline(data)!;
    const { correct, count } = model.accuracyPerSong, { low, high } = wilsonInterval(correct, count);
    answer = markup`<p class="lead">${ko}</p><p><small lang="en">${en}</small></p>`;
    cards.push(
      card(
        percent(model.accuracyPerSong.value),
        `곡별 정확도 · accuracy per song, 95% ${percent(low)} – ${percent(high)}`,
      ),
      card(percent(model.accuracyPerInstance.value), "인스턴스별 정확도 · accuracy per instance"),
      card(
        model.macroF1.toFixed(3),
        `${macroF1Name(absentGenres(model))}, 장르마다 같은 무게 · every genre alike`,
      ),
    );
  }
  if (songs !== null) {
    cards.push(card(grouped(songs.songs.length), `곡 · songs, 장르 · genres ${songs.split.length}`));
  }
  if (data.model !== null) cards.push(card(grouped(data.model.parameters), "매개변수 · parameters"));
  const { notebooks = [], planned = [] } = record ?? {};
  if (notebooks.length + planned.length > 0) {
    const total = notebooks.reduce((sum, notebook) => sum + notebook.seconds, 0);
    const done = notebooks.filter(({ done }) => done).length,
      all = Math.max(planned.length, notebooks.length);
    cards.push(timeCard(
      1000 * total,
      done === all
        ? "노트북 전체 · all notebooks"
        : `노트북 ${done} / ${all} · ${done} of ${all} notebooks done`,
    ));
  } else if (training !== null) cards.push(timeCard(training.elapsedMs, "학습 · training"));
  return markup`${answer}<div class="cards">${cards}</div>`;
}

/** A moment to the minute. @param moment ISO 8601 */
const minute = (moment: string): string => `${moment.slice(0, 16).replace("T", " ")} UTC`;

/** What was told to the run, and what it ran on. */
export function theRun({ record }: ReportData): Html | null {
  if (record === null) return null;
  const { options, machine, versions, notebooks, setUpSeconds } = record;
  return markup`<h3>설정 · Settings</h3>
${
    facts({
      "시작 · started": minute(record.started),
      ...(record.resumed === undefined ? {} : {
        "이어서 · resumed": record.resumed.map(({ at, changes }) => [minute(at), ...changes].join("; "))
          .join(". "),
      }),
      "모델 · model": shownSource(options.model),
      "토크나이저 · tokenizer": options.tokenizer === null
        ? "모델의 것 · the model's"
        : shownPath(options.tokenizer),
      "레시피 · recipe": options.recipe,
      "시드 · seed": options.seed,
      "장르 · genres": options.genres ?? "모두 · all",
    })
  }
<h3>컴퓨터 · Machine</h3>
${
    facts({
      "프로세서 · processor": machine.processor,
      "코어 · cores": machine.cores,
      "메모리 · memory": `${machine.memoryGiB.toFixed(1)} GiB`,
      "운영체제 · system": machine.system,
      "시작할 때의 부하 · load at the start": machine.load.toFixed(1),
    })
  }
<h3>버전 · Versions</h3>
${facts(versions)}
${
    notebooks.length === 0 ? null : markup`<h3>걸린 시간 · Time</h3>
${
      table([
        ...notebooks.map(({ name, seconds: taken, done }) => ({
          "노트북 · notebook": done ? name : `${name}, 끝나지 않음 · not finished`,
          "초 · seconds": taken.toFixed(1),
        })),
        {
          "노트북 · notebook": "합계 · in all",
          "초 · seconds": notebooks.reduce((sum, notebook) => sum + notebook.seconds, 0).toFixed(1),
        },
        ...(setUpSeconds > 0
          ? [{ "노트북 · notebook": "설치 · set-up", "초 · seconds": setUpSeconds.toFixed(1) }]
          : []),
      ], { strong: (row) => row === notebooks.length })
    }`
  }`;
}

/** The genres' songs on each side, the largest genres first; very many beyond them are gathered. */
function splitRows(split: SongsSummary["split"]) {
  const { shown, gathered } = shownAndGathered(split);
  const row = (genre: string, of: SongsSummary["split"]) => {
    const sum = (side: "train" | "validation" | "test") => of.reduce((songs, own) => songs + own[side], 0);
    return {
      "장르 · genre": genre,
      "학습 · train": sum("train"),
      "검증 · validation": sum("validation"),
      "테스트 · test": sum("test"),
    };
  };
  return [
    ...shown.map((own) => row(own.genre, [own])),
    ...(gathered.length === 0 ? [] : [row(gatheredName(gathered.length), gathered)]),
  ];
}

/** The table of songs, its cleaning and its split. */
export async function theSongs({ songs }: ReportData, picture: Picture): Promise<Html | null> {
  if (songs === null) return null;
  const { cleaning, sizes } = songs;
  const years = songs.songs.flatMap(({ date }) => date.year ?? []);
  const several = (of: (song: Song) => readonly string[]) =>
    grouped(songs.songs.filter((song) => of(song).length > 1).length);
  const dropped = cleaning.byReason.map(({ reason, songs }) => `${dropReasons[reason]} ${grouped(songs)}`)
    .join(", ");
  return markup`${
    songs.changed
      ? markup`<p class="missing-note">실행한 뒤에 표가 바뀌었습니다. The table has changed since the run: these numbers are the new table's.</p>`
      : null
  }${
    facts({
      "표 · table": songs.file,
      "읽은 곡 · songs read": grouped(cleaning.read),
      "쓰는 곡 · kept": grouped(cleaning.kept),
      "뺀 곡 · dropped": dropped === "" ? "0" : dropped,
      "줄바꿈 말고도 가사를 다듬은 곡 · lyrics cleaned beyond line breaks": grouped(cleaning.lyricsChanged),
      "가사가 겹치는 곡 · repeated lyrics": grouped(cleaning.repeatedLyrics),
      "한글이 없는 곡 · without Hangul": grouped(cleaning.withoutHangul),
      "장르가 여럿인 곡 · with several genres": several(({ genres }) => genres),
      "가수가 여럿인 곡 · with several artists": several(({ artists }) => artists),
      "가수 · artists": grouped(new Set(songs.songs.flatMap(({ artists }) => artists)).size),
      "연도 · years": years.length === 0
        ? null
        : `${years.reduce((a, b) => Math.min(a, b))} – ${
          years.reduce((a, b) => Math.max(a, b))
        }, 연도 없음 · without one ${grouped(songs.songs.length - years.length)}`,
      "학습 / 검증 / 테스트 · train / validation / test": `${grouped(sizes.train)} / ${
        grouped(sizes.validation)
      } / ${grouped(sizes.test)}`,
    })
  }
${await picture(plots.genreDistribution(songs.songs))}
<h3>나누기 · The split</h3>
${
    said(
      "한 곡에서 나온 예시들과 가사가 같은 곡들은 모두 한쪽에 둡니다. 장르가 여럿인 곡은 장르마다 셉니다.",
      "All instances of a song, and songs with the same lyrics, fall on one side. A song counts for each of its genres.",
    )
  }
${table(splitRows(songs.split))}
${await picture(plots.songsByYear(songs.songs))}
${await picture(plots.lyricLengths(songs.songs))}`;
}

/** The recipe's fields that are always shown; the others where they differ from the study's. */
const recipeFields = [
  "epochs",
  "batchSize",
  "maxLength",
  "learningRate",
  "schedule",
  "warmupRatio",
  "weightDecay",
  "gradClip",
  "oversample",
  "precision",
  "seed",
  "bestMetric",
];

/** The model, the recipe, and how the training went. */
export async function training(data: ReportData, picture: Picture): Promise<Html | null> {
  const { model, recipe, history, training } = data;
  if (history === null || history.length === 0) return null;
  const config = model?.config ?? {};
  const shown = (value: unknown) =>
    typeof value === "string" ? value : value === null ? "–" : JSON.stringify(value) ?? "";
  const study = studyRecipe as unknown as Record<string, unknown>;
  const fields = Object.entries(recipe ?? {}).filter(([name, value]) =>
    recipeFields.includes(name) || shown(value) !== shown(study[name])
  );
  const evaluations = history.filter((record) => record.kind === "evaluation");
  const last = history.findLast((record) => record.kind === "step");
  const ended = {
    finished: "끝까지 실행 · ran to its end",
    "stopped early": "검증 점수가 나아지지 않아 멈춤 · ended when validation stopped improving",
    interrupted: "중단됨 · was interrupted",
  };
  return markup`${training === null ? null : outcome(trainingFinding({ ...training, history }))}${
    facts({
      "구조 · architecture": config.model_type as string | undefined,
      "층 × 너비 · layers × width": config.num_hidden_layers === undefined
        ? null
        : `${config.num_hidden_layers} × ${config.hidden_size}`,
      "매개변수 · parameters": model && grouped(model.parameters),
      "어휘 · vocabulary": config.vocab_size === undefined ? null : grouped(config.vocab_size as number),
      "학습 · training": training &&
        `${ended[training.ended]}, ${grouped(training.steps)}스텝 · steps, ${
          bilingual(duration(training.elapsedMs))
        }`,
      "마지막 손실 · last step's loss": last && score(last.loss),
    })
  }
${await picture(plots.lossCurve(history))}
${
    evaluations.length === 0 ? null : table(
      epochTable({ history, best: training?.best ?? null }),
      { strong: (row) => evaluations[row]!.step === training?.best?.step },
    )
  }
<p class="small">학습 점수는 드롭아웃을 켠 채 에폭 동안 잰 것이고, 굵은 줄이 남긴 모델입니다 · training figures are taken during the epoch, with dropout; the bold line is the model that was kept</p>
${
    fields.length === 0 ? null : markup`<h3>레시피 · The recipe</h3>
${
      said(
        "이 보고서에서 ‘연구’는 이 프로젝트의 바탕이 된 AIKU 발표 자료 “Text Classification with KoBERT”입니다.",
        "“The study” in this report are the AIKU slides “Text Classification with KoBERT”, which this project follows.",
      )
    }
${
      table(fields.map(([name, value]) => ({
        "값 · field": name,
        "이 실행 · this run": shown(value),
        "연구 · the study": shown(study[name]),
      })))
    }`
  }`;
}
