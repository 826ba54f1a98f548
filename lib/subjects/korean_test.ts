import assert from "node:assert/strict";
import { inKorean, withParticle } from "./korean.ts";

Deno.test("particles by the end of a word, as it is read", () => {
  const forms = (particle: Parameters<typeof withParticle>[1], words: string[]) =>
    words.map((word) => withParticle(word, particle).slice(word.length));
  assert.deepEqual(forms("이/가", ["발라드", "록", "댄스", "인디음악", "포크/블루스"]), [
    "가",
    "이",
    "가",
    "이",
    "가",
  ]);
  assert.deepEqual(forms("은/는", ["kobert-small", "TF-IDF", "Llama", "kobert-base-v1", "BERT"]), [
    "은",
    "는",
    "는",
    "은",
    "는",
  ]);
  assert.deepEqual(forms("으로/로", ["12.5%", "서울", "책", "7", "3", "바다"]), [
    "로",
    "로",
    "으로",
    "로",
    "으로",
    "로",
  ]);
  assert.deepEqual(forms("을/를", ["154곡", "R&B/Soul", "랩/힙합"]), ["을", "을", "을"]);
  // what stands in brackets is not read
  assert.equal(withParticle("KoBERT (scratch)", "과/와"), "KoBERT (scratch)와");
  assert.equal(withParticle("‘가을’", "이라/라"), "‘가을’이라");
  assert.equal(withParticle("", "이/가"), "가");
});

Deno.test("inKorean: a name with a comma stands in quotation marks in a sentence", () => {
  assert.equal(inKorean("가사만 · lyrics alone"), "가사만");
  assert.equal(inKorean("kobert-small"), "kobert-small");
  assert.equal(
    withParticle(inKorean("나이브 베이즈, 앞 48토큰 · naive Bayes, first 48 tokens"), "이/가"),
    "‘나이브 베이즈, 앞 48토큰’이",
  );
});
