import assert from "node:assert/strict";
import { test } from "node:test";
import { dollars, nanoUsd } from "../../chatapp/web/frontend/conversation/money.js";

for (const [usd, nano] of [
  ["0.000123456", 123_456n],
  ["0.1", 100_000_000n],
  ["12", 12_000_000_000n],
  ["9007199254740993.000000001", 9007199254740993_000000001n],
  ["0", 0n],
  [null, null],
  [undefined, null],
  ["", null],
  ["-1", null],
  ["1e-7", null],
  ["0.0000000001", null],
  [0.1, null],
]) {
  test(`${JSON.stringify(usd)} dollars are ${nano} nano-dollars`, () => assert.equal(nanoUsd(usd), nano));
}

for (const [usd, near, up, down] of [
  ["0", "$0", "$0", "$0"],
  ["0.000000001", "<\u00a0$0.0001", "$0.0001", "$0.000000001"],
  ["0.000099999", "<\u00a0$0.0001", "$0.0001", "$0.000099"],
  ["0.0001", "$0.0001", "$0.0001", "$0.0001"],
  ["0.001234", "$0.0012", "$0.0013", "$0.0012"],
  ["0.00996", "$0.01", "$0.01", "$0.0099"],
  ["0.0113", "$0.011", "$0.012", "$0.011"],
  ["0.105", "$0.11", "$0.11", "$0.10"],
  ["0.996", "$1.00", "$1.00", "$0.99"],
  ["1.2345", "$1.23", "$1.24", "$1.23"],
  ["12345.6", "$12,345.60", "$12,345.60", "$12,345.60"],
]) {
  test(`${usd} dollars read ${near}, ${up} from above and ${down} from below`, () => {
    const nano = nanoUsd(usd);
    assert.deepEqual([dollars(nano), dollars(nano, "up"), dollars(nano, "down")], [near, up, down]);
  });
}
