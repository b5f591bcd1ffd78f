"""How much of CommonMark comes out right in the live page, streamed a character at a time through the shipped bundle.

The measure is the structure that the specification's reference parser gives to all of its examples without raw HTML.
"""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from tests.integration.browser.talk import Talk

ROOT = Path(__file__).parents[3]
SPECIFICATION = "./tests/frontend/specification.js"

# By number: what is shown instead. The last four are as GitHub would have them: bare addresses are links.
DIFFERENT = {
    25: (
        "<p>&amp; © Æ &amp;Dcaron;\n¾ &amp;HilbertSpace; &amp;DifferentialD;\n"
        "&amp;ClockwiseContourIntegral; &amp;ngE;</p>"
    ),
    565: "<p>[foo][bar]</p>",
    570: "<p>[foo]<a>bar</a></p>",
    602: "<p>&lt;<a>https://foo.bar/baz</a> bim&gt;</p>",
    608: "<p>&lt; <a>https://foo.bar</a> &gt;</p>",
    611: "<p><a>https://example.com</a></p>",
    612: "<p><a>foo@bar.example.com</a></p>",
}

SHOW = """async examples => {
    const { MarkdownWriter } = await import(document.querySelector("script[type=module]").src);
    const told = node => node instanceof Text ? node.data : {
        tag: node.localName,
        attributes: Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value])),
        children: [...node.childNodes].map(told),
    };
    const place = document.querySelector("[data-part=messages]");
    return examples.map(({ markdown }) => {
        const element = document.createElement("div");
        place.append(element);
        const writer = new MarkdownWriter(element, () => {});
        for (const character of markdown) {
            writer.write(character);
            writer.flush();
        }
        writer.end();
        element.remove();
        return [...element.childNodes].map(told);
    });
}"""


def in_node(body: str, given: object = None) -> Any:
    """Return what a module of the specification says, asked in JavaScript."""
    script = f"""
        const specification = await import({json.dumps(SPECIFICATION)});
        const text = async () => {{ let all = ""; for await (const part of process.stdin) all += part; return all; }};
        const given = JSON.parse(await text());
        console.log(JSON.stringify(({body})(specification, given)));
    """
    command = ["node", "--input-type=module", "--eval", script]
    told = subprocess.run(command, cwd=ROOT, input=json.dumps(given), capture_output=True, text=True, check=True)
    return json.loads(told.stdout)


def test_the_examples_of_the_specification_come_out_right(chat: Talk) -> None:
    examples = in_node("({ examples }) => examples")

    shown = chat.page.evaluate(SHOW, examples)

    compared = in_node(
        """({ examples, expected, structure }, shown) => examples.map(({ number, markdown }, place) =>
            [number, structure(shown[place]), expected(markdown)])""",
        shown,
    )
    wrong = {number: ours for number, ours, theirs in compared if ours != theirs}
    print(f"{len(compared) - len(wrong)} of {len(compared)} examples are right")
    assert len(compared) > 550
    assert wrong == DIFFERENT
    assert len(wrong) <= 0.05 * len(compared)
