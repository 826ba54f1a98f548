import assert from "node:assert/strict";
import { loadTokenizer, tokenLengths } from "./mod.ts";
import { fixture, fixturePath, hostileTexts, type Row, withFolder } from "./testing/fixtures.ts";

const model = Deno.readFileSync(fixturePath("songs.model"));
const ids = fixture<Record<string, number>>("songs_vocab.json");
const map = { "songs.model": model, "token2idx_vocab.json": ids };
const rows = fixture<Record<string, Row[]>>("sentencepiece.json").songs!;

Deno.test("a model and a map of ids beside it: the map's ids, special tokens around", async () => {
  await withFolder(map, async (folder) => {
    for (const path of [folder, `${folder}/`, `${folder}/songs.model`]) {
      const tokenizer = await loadTokenizer(path);
      assert.equal(tokenizer.kind, "sentencepiece");
      assert.equal(tokenizer.vocabSize, Object.keys(ids).length);
      assert.deepEqual(
        [tokenizer.clsId, tokenizer.sepId, tokenizer.unkId, tokenizer.padId, tokenizer.maskId],
        ["[CLS]", "[SEP]", "[UNK]", "[PAD]", "[MASK]"].map((token) => ids[token]),
      );
      assert.deepEqual(tokenizer.specialIds, [0, 1, 2, 3, 4]);
      rows.forEach((want, i) => {
        // A run of unknown characters stays unknown where it looks like a special token.
        const own = want.pieces!.map((piece) =>
          /^\[.*\]$/.test(piece) ? ids["[UNK]"]! : ids[piece] ?? ids["[UNK]"]!
        );
        assert.deepEqual(tokenizer.encode(hostileTexts[i]!).ids, [ids["[CLS]"], ...own, ids["[SEP]"]]);
        assert.deepEqual(tokenizer.tokenize(hostileTexts[i]!), want.pieces);
        const encoded = tokenizer.encode(hostileTexts[i]!).ids;
        assert.equal(tokenizer.decode(encoded, { skipSpecialTokens: false }), want.decoded);
        const ordinary = encoded.filter((id) => !tokenizer.specialIds.includes(id));
        assert.equal(tokenizer.decode(encoded), tokenizer.decode(ordinary));
      });
    }
  });
});

Deno.test("a map in gluonnlp's forms is the same map", async () => {
  const list = Object.entries(ids).sort((a, b) => a[1] - b[1]).map(([token]) => token);
  for (const json of [{ token_to_idx: ids, unknown_token: "[UNK]" }, { idx_to_token: list }]) {
    await withFolder({ "kobert.spiece": model, "kobertvocab_f38b8a4d6d.json": json }, async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.equal(tokenizer.encode("나는").ids[0], ids["[CLS]"]);
      for (const [token, id] of Object.entries(ids)) assert.equal(tokenizer.tokenToId(token), id);
    });
  }
});

Deno.test("a model alone has its own ids", async () => {
  await withFolder({ "bytes.model": Deno.readFileSync(fixturePath("bytes.model")) }, async (folder) => {
    const tokenizer = await loadTokenizer(`${folder}/bytes.model`);
    const wanted = fixture<Record<string, Row[]>>("sentencepiece.json").bytes!;
    wanted.forEach((want, i) => {
      const { ids, offsets } = tokenizer.encode(hostileTexts[i]!, { addSpecialTokens: false, offsets: true });
      assert.deepEqual([ids, offsets!.flat()], [want.ids, want.offsets]);
    });
  });
});

Deno.test("special tokens in a text are text for SentencePiece", async () => {
  await withFolder({ "songs.model": model }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const { ids } = tokenizer.encode("[CLS] [MASK]");
    assert.equal(ids.filter((id) => id === tokenizer.clsId).length, 1);
    assert.ok(!ids.includes(tokenizer.maskId));
  });
});

Deno.test("a special token that is not there is named when it is asked for", async () => {
  await withFolder({ "bare.model": Deno.readFileSync(fixturePath("bare.model")) }, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    assert.equal(tokenizer.unkId, 0);
    assert.throws(() => tokenizer.maskId, /bare\.model has no mask token; it has unk <unk> \(0\)/);
    assert.deepEqual(tokenizer.encode("나는").ids, tokenizer.encode("나는", { addSpecialTokens: false }).ids);
    assert.throws(() => tokenizer.encodeBatch(["나", "나는 봄"]), /has no pad token/);
    assert.equal(tokenizer.encodeBatch(["나", "나는 봄"], { padding: false }).ids.length, 2);
  });
});

Deno.test("what is saved opens again as the same tokenizer", async () => {
  const kinds: [string, Record<string, string | Uint8Array | object>][] = [
    ["sentencepiece", { ...map, "tokenizer_config.json": { model_max_length: 77, padding_side: "left" } }],
    ["sentencepiece", { "songs.model": model }],
    ["sentencepiece", { "bytes.model": Deno.readFileSync(fixturePath("bytes.model")) }],
    ["sentencepiece", { "suffix.model": Deno.readFileSync(fixturePath("suffix.model")) }],
    ["kobert-skt", {
      "spiece.model": model,
      "tokenizer_config.json": { tokenizer_class: "KoBERTTokenizer" },
    }],
    ["kobert-monologg", {
      "kobert.model": model,
      "vocab.txt": Object.keys(ids).map((t) => t + "\n").join(""),
    }],
    ["wordpiece", { "vocab.txt": Deno.readTextFileSync(fixturePath("wordpiece_vocab.txt")) }],
  ];
  for (const [kind, files] of kinds) {
    await withFolder(files, async (folder) => {
      const tokenizer = await loadTokenizer(folder);
      assert.equal(tokenizer.kind, kind);
      const written = await tokenizer.save(`${folder}/deep/er`);
      for (const name of written) assert.ok((await Deno.stat(`${folder}/deep/er/${name}`)).isFile);
      assert.equal(written.includes("tokenizer.json"), !("suffix.model" in files));
      const again = await loadTokenizer(`${folder}/deep/er`);
      assert.deepEqual(
        [again.kind, again.vocabSize, again.specialIds, again.paddingSide, again.modelMaxLength],
        [kind, tokenizer.vocabSize, tokenizer.specialIds, tokenizer.paddingSide, tokenizer.modelMaxLength],
      );
      for (const text of hostileTexts) {
        assert.deepEqual(again.encode(text, { offsets: true }), tokenizer.encode(text, { offsets: true }));
      }
    });
  }
});

Deno.test("tokenizer.json of a saved SentencePiece tokenizer alone gives the same ids on ordinary text", async () => {
  await withFolder(map, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    await tokenizer.save(`${folder}/saved`);
    const other = await loadTokenizer(`${folder}/saved/tokenizer.json`);
    assert.equal(other.kind, "unigram");
    assert.deepEqual(other.specialIds, tokenizer.specialIds);
    for (
      const text of [
        "나는 봄날에  창가에서 편지를 기다려요!",
        " 너는, 오늘도 (x2) ㅋㅋ ",
        "ＡＢＣ 漢字",
        "",
        "  ",
      ]
    ) {
      assert.deepEqual(other.encode(text), tokenizer.encode(text), text);
    }
  });
});

Deno.test("batches: to the longest, to maxLength, rounded up, left and right, not at all", async () => {
  await withFolder(map, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const texts = ["나는", "나는 봄날에 창가에서", ["나는", "너는"]] as const;
    const rows = texts.map((text) =>
      typeof text === "string" ? tokenizer.encode(text) : tokenizer.encode(text[0], { pair: text[1] })
    );
    const longest = Math.max(...rows.map((row) => row.ids.length));
    const right = tokenizer.encodeBatch(texts);
    rows.forEach((row, i) => {
      const missing = longest - row.ids.length;
      const zeros = new Array(missing).fill(0);
      assert.deepEqual(right.ids[i], [...row.ids, ...new Array(missing).fill(tokenizer.padId)]);
      assert.deepEqual(right.tokenTypeIds[i], [...row.tokenTypeIds, ...zeros]);
      assert.deepEqual(right.attentionMask[i], [...row.attentionMask, ...zeros]);
    });
    assert.deepEqual(rows[2]!.tokenTypeIds.at(-1), 1);
    const left = tokenizer.encodeBatch(texts, { paddingSide: "left" });
    rows.forEach((row, i) => assert.deepEqual(left.ids[i]!.slice(longest - row.ids.length), row.ids));
    const shapes = (options: Parameters<typeof tokenizer.encodeBatch>[1]) =>
      tokenizer.encodeBatch(texts, options).ids.map((row) => row.length);
    assert.deepEqual(shapes({ padToMultipleOf: 8 }), new Array(3).fill(8 * Math.ceil(longest / 8)));
    assert.deepEqual(shapes({ padding: "max_length", maxLength: 40 }), [40, 40, 40]);
    assert.deepEqual(shapes({ padding: false }), rows.map((row) => row.ids.length));
    assert.deepEqual(
      shapes({ maxLength: 5 }),
      [5, 5, 5].map((most, i) => Math.min(most, longest, rows[i] ? most : 0)),
    );
    assert.deepEqual(tokenizer.encodeBatch([]), { ids: [], tokenTypeIds: [], attentionMask: [] });
    assert.throws(() => shapes({ padding: "max_length" }), /needs a maxLength/);
    assert.throws(() => shapes({ padToMultipleOf: 0 }), /padToMultipleOf 0/);
    assert.throws(
      () => shapes({ maxLength: 2 }),
      /maxLength 2 leaves no room: the special tokens alone are 3/,
    );
    assert.throws(() => tokenizer.encode("나", { maxLength: 1 }), /the special tokens alone are 2/);
    assert.throws(() => tokenizer.encode("나", { maxLength: 2.5 }), RangeError);
    assert.deepEqual(tokenizer.encode("나는", { maxLength: 2 }).ids, [tokenizer.clsId, tokenizer.sepId]);
    assert.deepEqual(tokenLengths(tokenizer, ["나는", ""]), [rows[0]!.ids.length, 2]);
    assert.throws(() => tokenizer.decode([0, 99999]), /Id 99999 \(at 1\) is not in the vocabulary/);
  });
});

Deno.test("truncation takes the side that is asked for", async () => {
  await withFolder(map, async (folder) => {
    const tokenizer = await loadTokenizer(folder);
    const all = tokenizer.encode("나는 봄날에 창가에서", { addSpecialTokens: false }).ids;
    const cut = (truncationSide: "left" | "right") =>
      tokenizer.encode("나는 봄날에 창가에서", { addSpecialTokens: false, maxLength: 3, truncationSide }).ids;
    assert.deepEqual(cut("right"), all.slice(0, 3));
    assert.deepEqual(cut("left"), all.slice(-3));
  });
});

const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 371427\n`;

Deno.test("files that do not fit are errors that say what and where", async () => {
  const cases: [Record<string, string | Uint8Array | object>, RegExp][] = [
    [{}, /has no tokenizer\. Looked for \*\.model or \*\.spiece .*; there is nothing/],
    [{ "notes.md": "x" }, /there is notes\.md/],
    [{ "a.model": model, "b.spiece": model }, /several SentencePiece models \(a\.model, b\.spiece\)/],
    [{ ...map, "other_vocab.json": ids }, /Several files could be the map of ids/],
    [
      { "a.model": model, "vocab.json": { "다른": 0, "[UNK]": 1 } },
      /vocab\.json does not belong to a\.model: it has ids for 0/,
    ],
    [{ "a.model": model, "vocab.json": { ...ids, "또": 3 } }, /vocab\.json gives id 3 to both/],
    [{ "a.model": model, "vocab.json": { ...ids, "또": "3" } }, /"또" has "3"/],
    [{ "a.model": model, "vocab.json": "[" }, /vocab\.json is not JSON/],
    [{ "tokenizer.json": "{" }, /tokenizer\.json is not JSON/],
    [{ "tokenizer.json": "[]" }, /tokenizer\.json is not a JSON object/],
    [{ ...map, "tokenizer_config.json": { padding_side: "up" } }, /padding_side is "up"/],
    [
      { ...map, "tokenizer_config.json": { cls_token: "<cls>" } },
      /special token <cls> .* is not in its vocabulary/,
    ],
    [{ ...map, "tokenizer_config.json": { cls_token: 7 } }, /cls_token is neither a token nor/],
    [{ ...map, "tokenizer_config.json": { sp_model_kwargs: { enable_sampling: true } } }, /enable_sampling/],
    [
      { "a.model": model, "tokenizer_config.json": { tokenizer_class: "T5Tokenizer" } },
      /belongs to a T5Tokenizer/,
    ],
    [{ "a.model": model.slice(0, 3000) }, /a\.model/],
    ...["tokenizer.json", "tokenizer_config.json", "spiece.model", "vocab.txt", "config.json"].map((
      name,
    ): typeof cases[number] => [
      { [name]: pointer },
      new RegExp(`${name.replace(".", "\\.")} is a Git LFS pointer, not the file itself: run "git lfs pull"`),
    ]),
  ];
  for (const [files, says] of cases) {
    await withFolder(files, async (folder) => {
      await assert.rejects(() => loadTokenizer(folder), says, String(says));
    });
  }
  await withFolder({ "tokenizer.json": "{}" }, async (folder) => {
    await assert.rejects(
      () => loadTokenizer(`${folder}/tokeniser.json`),
      (error: Error) =>
        error.message.includes(`tokeniser.json (did you mean "${folder}/tokenizer.json"?): no such file`),
    );
  });
  await assert.rejects(() => loadTokenizer("/no/such/place"), /no tokenizer at \/no\/such\/place/);
  await assert.rejects(
    () => loadTokenizer(fixturePath("../mod.ts")),
    /mod\.ts is no tokenizer file: known are/,
  );
});
