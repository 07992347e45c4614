import assert from "node:assert/strict";
import { countsText, junitCounts, junitFailures, sum } from "./_counts.ts";

Deno.test("a report's cases are counted by how they ended, in nested suites too", () => {
  const xml = `<?xml version="1.0"?><testsuites name="t" tests="99">
    <testsuite name="a">
      <testcase name="good"/>
      <testcase name="good too"><system-out>failure &#x0; &quot;</system-out></testcase>
      <testcase name="bad"><failure message="no">no</failure></testcase>
      <testsuite name="b">
        <testcase name="broken"><error/></testcase>
        <testcase name="ignored"><skipped/></testcase>
      </testsuite>
    </testsuite>
    <testsuite name="c"><testcase name="flaky"><flakyFailure/></testcase></testsuite>
    <testsuite name="none"/>
  </testsuites>`;
  assert.deepEqual(junitCounts(xml), { passed: 2, failed: 3, skipped: 1 });
  assert.deepEqual(junitCounts("<testsuites/>"), { passed: 0, failed: 0, skipped: 0 });
});

Deno.test("the cases that did not pass are named with the beginning of what they say", () => {
  const long = Array.from({ length: 30 }, (_, n) => `line ${n} &lt;${"x".repeat(300)}`).join("\n");
  const xml = `<testsuites><testsuite name="a">
      <testcase name="good &amp; well"/>
      <testcase name="bad &amp; worse"><failure message="1 &lt; 0">at a.ts:7</failure></testcase>
      <testcase name="empty"><error/></testcase>
      <testsuite><testcase name="text"><failure>${long}</failure></testcase></testsuite>
    </testsuite></testsuites>`;
  const failures = junitFailures(xml);
  assert.deepEqual(failures.slice(1), ["bad & worse\n  1 < 0\n  at a.ts:7", "empty"]);
  assert.match(failures[0]!, /^text\n {2}line 0 <x{192}\n {2}line 1/);
  assert.equal(failures[0]!.split("\n").length, 9);
});

Deno.test("what is no whole report is an error, not a count of nothing", () => {
  for (const xml of ["", "panic", "<html/>", "<testsuites><testsuite>", '<testsuites name="t>']) {
    assert.throws(() => junitCounts(xml), xml);
  }
});

Deno.test("the last line names what was skipped only when something was", () => {
  const counts = [{ passed: 3, failed: 1, skipped: 0 }, { passed: 4, failed: 0, skipped: 2 }];
  assert.equal(countsText(sum(counts.slice(0, 1))), "3 passed, 1 failed");
  assert.equal(countsText(sum(counts)), "7 passed, 1 failed, 2 skipped");
  assert.equal(countsText(sum([])), "0 passed, 0 failed");
});
