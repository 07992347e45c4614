import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { generateLoad, STANDARD_LOAD } from "../load.ts";
import {
  formatRecording,
  parseRecording,
  type ProofRecording,
  ProofRecordingError,
} from "./recording.ts";

const RECORDING: ProofRecording = {
  ...{ level: "code", promise: "P2", bug: "no-join", list: "tree", scheduler: "look", faults: 4 },
  load: generateLoad(new Random(1), { ...STANDARD_LOAD, operations: 3 }),
  log: { version: 1, seed: 7, strategy: "pct", decisions: [0, 3, 1] },
};

Deno.test("a recording comes back as it was", () => {
  const again = parseRecording(formatRecording(RECORDING));
  assert.deepEqual({ ...again, log: { ...again.log, asked: undefined } }, {
    ...RECORDING,
    log: { ...RECORDING.log, asked: undefined },
  });
});

Deno.test("what is no recording is refused with what is wrong", () => {
  const text = formatRecording(RECORDING);
  const cases: [string, RegExp][] = [
    [text.slice(0, -20), /it is not JSON; is it cut off\?$/],
    ["3", /it is no JSON object$/],
    ["{}", /it has no version; give a file that/],
    [text.replace('"proof":1', '"proof":2'), /it is of version 2 and this reads 1; update/],
    [text.replace('"code"', '"board"'), /its level is "board"; there are model and code$/],
    [text.replace('"faults":4', '"faults":-1'), /its faults are "-1"; a whole number from 0/],
    [text.replace('"look"', "7"), /promise, list, scheduler and bug are words$/],
    [text.replace('"load":1', '"load":99'), /99/],
  ];
  for (const [damaged, message] of cases) {
    assert.throws(() => parseRecording(damaged), (error) => {
      assert.ok(error instanceof ProofRecordingError, String(error));
      assert.match(error.message, message);
      return true;
    });
  }
});

Deno.test("5,000 damaged recordings are read or refused, nothing else", () => {
  const text = formatRecording(RECORDING);
  const random = new Random(3);
  let refused = 0;
  for (let i = 0; i < 5000; i++) {
    const at = random.below(text.length);
    const put = text[random.below(text.length)]!;
    const damaged = text.slice(0, at) + put + text.slice(at + random.below(3));
    try {
      parseRecording(damaged);
    } catch (error) {
      assert.ok(error instanceof ProofRecordingError, String(error));
      refused++;
    }
  }
  assert.ok(refused > 1000, `${refused} refused`);
});
