import assert from "node:assert/strict";
import { XMLParser, XMLValidator } from "fast-xml-parser";
import { plot } from "./plot.ts";

const AXES = { title: "ages & <more>", x: "time (ms)", y: "age (ms)" };

Deno.test("a plot is XML with a path for each line, inside axes that end at round numbers", () => {
  const svg = plot([
    { name: "a", points: [[0, 0], [10, 35]] },
    { name: "b", points: [[5, 17.5]] },
  ], AXES);
  assert.equal(XMLValidator.validate(svg), true);
  const parser = new XMLParser({ ignoreAttributes: false, attributeNamePrefix: "" });
  const { path, text } = parser.parse(svg).svg;
  const lines = path.filter(({ fill }: { fill?: string }) => fill === "none");
  // 10 is the end of the x axis, 40 that of the y axis.
  assert.deepEqual(
    lines.map(({ d }: { d: string }) => d),
    ["M80 310L700 73.75", "M390 191.88"],
  );
  const said = text.map((element: Record<string, unknown>) => element["#text"]);
  assert.equal(said[0], "ages &amp; &lt;more>".replace("&amp;", "&").replace("&lt;", "<"));
  for (const word of ["time (ms)", "age (ms)", "a", "b", 40, 10]) {
    assert.ok(said.includes(word), `${word} in ${said}`);
  }
});

Deno.test("a plot without points has axes and names", () => {
  const svg = plot([{ name: "nothing", points: [] }], AXES);
  assert.equal(XMLValidator.validate(svg), true);
  assert.ok(svg.includes(">nothing</text>") && !svg.includes("NaN"));
});
