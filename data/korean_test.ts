import assert from "node:assert/strict";
import { attachParticle, conjugate, finalOf, isState } from "./korean.ts";

Deno.test("finalOf: Hangul, digits and Latin letters as read in Korean", () => {
  assert.equal(finalOf("바다"), 0);
  assert.equal(finalOf("길"), 8);
  assert.equal(finalOf("밤"), 16);
  assert.equal(finalOf("808"), 8);
  assert.equal(finalOf("R"), 8);
});

Deno.test("attachParticle: the form follows the final consonant", () => {
  const cases: [string, string, string][] = [
    ["바다", "을 보며", "바다를 보며"],
    ["봄", "를 기다려", "봄을 기다려"],
    ["그대", "이", "그대가"],
    ["당신", "가 웃던", "당신이 웃던"],
    ["당신", "라는 이름", "당신이라는 이름"],
    ["너", "이라서", "너라서"],
    ["길", "으로", "길로"],
    ["부산", "로 떠난", "부산으로 떠난"],
    ["서울", "으로", "서울로"],
    ["새벽 두 시", "이에요", "새벽 두 시예요"],
    ["열두 시 반", "이야", "열두 시 반이야"],
    ["당신", "와 나", "당신과 나"],
    ["마음", "는", "마음은"],
    ["당신", "처럼", "당신처럼"],
  ];
  for (const [word, rest, expected] of cases) assert.equal(attachParticle(word, rest), expected);
});

Deno.test("conjugate: regular and irregular classes", () => {
  const cases: [string, string, string][] = [
    ["이름을 부르다", "어요", "이름을 불러요"],
    ["길을 따르다", "었어", "길을 따랐어"],
    ["들르다", "어", "들러"],
    ["푸르다", "어", "푸르러"],
    ["듣다", "을게", "들을게"],
    ["걷다", "는다", "걷는다"],
    ["믿다", "으면", "믿으면"],
    ["춥다", "는데", "추운데"],
    ["잡다", "으려 해", "잡으려 해"],
    ["곱다", "어", "고와"],
    ["줍다", "어", "주워"],
    ["짓다", "으면", "지으면"],
    ["웃다", "을까", "웃을까"],
    ["긋다", "어", "그어"],
    ["길다", "는데", "긴데"],
    ["살다", "는다", "산다"],
    ["살다", "을게", "살게"],
    ["살다", "으련다", "살련다"],
    ["놀다", "으세", "노세"],
    ["울다", "읍니다", "웁니다"],
    ["먹다", "읍니다", "먹습니다"],
    ["울다", "나 봐", "우나 봐"],
    ["크다", "나 봐", "큰가 봐"],
    ["피다", "었어", "피었어"],
    ["지다", "었어", "졌어"],
    ["보이다", "어요", "보여요"],
    ["켜다", "었어", "켰어"],
    ["쓰다", "어", "써"],
    ["아프다", "어", "아파"],
    ["되다", "었네", "됐네"],
    ["쏘다", "어", "쏴"],
    ["푸다", "어", "퍼"],
    ["뿌옇다", "는", "뿌연"],
    ["하다", "었지", "했지"],
    ["있다", "는다", "있다"],
    ["없다", "는구나", "없구나"],
    ["맛있다", "는데", "맛있는데"],
    ["눈물이 마르지 않다", "는다", "눈물이 마르지 않는다"],
    ["두렵지 않다", "는데", "두렵지 않은데"],
    ["서럽다", "는구나", "서럽구나"],
    ["머무르다", "어", "머물러"],
  ];
  for (const [predicate, ending, expected] of cases) {
    assert.equal(conjugate(predicate, ending), expected, `${predicate} + ${ending}`);
  }
});

Deno.test("conjugate: words that are spelt alike", () => {
  assert.equal(conjugate("가슴에 묻다", "어"), "가슴에 묻어");
  assert.equal(conjugate("길을 묻다", "어"), "길을 물어");
  assert.equal(conjugate("바람에게 묻다", "었어"), "바람에게 물었어");
  assert.equal(conjugate("밤공기가 달다", "는데"), "밤공기가 단데");
  assert.equal(conjugate("커튼을 달다", "는데", true), "커튼을 다는데");
  assert.equal(isState("밤이 길다"), true);
  assert.equal(isState("커튼을 달다", true), false);
});

Deno.test("conjugate: no dictionary form is an error that shows the words", () => {
  assert.throws(() => conjugate("이름을 불러", "어요"), /"이름을 불러".*다/);
});
