import assert from "node:assert/strict";
import { test } from "node:test";
import { charactersIn, Place } from "../../chatapp/web/frontend/answers/place.js";

for (const [text, count] of [
  ["", 0],
  ["abc", 3],
  ["a👋b", 3],
  ["👋🏽", 2],
  ["世界", 2],
]) {
  test(`“${text}” has ${count} characters as the server counts them`, () => {
    assert.equal(charactersIn(text), count);
  });
}

test("a piece that follows is taken whole", () => {
  const place = new Place(2);
  assert.equal(place.take("👋c", 4), "👋c");
  assert.equal(place.characters, 4);
});

test("what is known already is not taken again", () => {
  const place = new Place(3);
  assert.equal(place.take("a👋bc", 4), "c");
});

test("a piece that is known as a whole brings nothing", () => {
  const place = new Place(5);
  assert.equal(place.take("ab", 4), "");
  assert.equal(place.characters, 5);
});

for (const end of [9, Number.NaN]) {
  test(`a piece that ends behind ${end} characters would leave a gap`, () => {
    assert.throws(() => new Place(2).take("ab", end), { name: "AnswerError" });
  });
}
