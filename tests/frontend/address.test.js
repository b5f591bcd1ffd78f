import assert from "node:assert/strict";
import { test } from "node:test";
import { Address } from "../../chatapp/web/frontend/conversation/address.js";

/** A window as far as its address goes. */
class View extends EventTarget {
  steps = [];

  constructor(hash) {
    super();
    this.location = { origin: "https://chat.test", pathname: "/chat", search: "", hash };
    const go = (kind) => (_state, _title, address) => {
      this.steps.push([kind, address]);
      this.location.hash = new URL(address, "https://chat.test").hash;
    };
    this.history = { pushState: go("push"), replaceState: go("replace") };
  }
}

for (const [hash, id] of [
  ["", ""],
  ["#c=0k3t", "0k3t"],
  ["#c=../../models", ""],
  ["#contacts", ""],
]) {
  test(`“${hash}” names the conversation “${id}”`, () => {
    assert.equal(new Address(new View(hash)).conversationId, id);
  });
}

test("a shown conversation stands behind the sign that never reaches a server", () => {
  const view = new View("");
  const address = new Address(view);
  address.show("c1", { inPlace: true });
  address.show("c1");
  address.show("c2");
  address.show("");
  assert.deepEqual(view.steps, [
    ["replace", "/chat#c=c1"],
    ["push", "/chat#c=c2"],
    ["push", "/chat"],
  ]);
});

test("a secret leaves the address with the first look at it", () => {
  const view = new View("#handoff=s3cret");
  const address = new Address(view);
  assert.deepEqual([address.takeSecret(), address.takeSecret()], ["s3cret", ""]);
  assert.deepEqual(view.steps, [["replace", "/chat"]]);
});

test("the link for another device carries the secret in its fragment", () => {
  assert.equal(new Address(new View("#c=c1")).linkFor("s3cret"), "https://chat.test/chat#handoff=s3cret");
});
