import assert from "node:assert/strict";
import { seconds, type TargetContext } from "hil";
import { Timeline } from "hil/trace/mod.ts";
import sipbanTarget from "sims/sipban/targets/daemon.ts";
import type { SipBan } from "sims/sipban/mod.ts";
import { type CapturedPbx, pbxLabOf } from "../mod.ts";
import target from "./capture.ts";

/** Of a lab's Asterisk 22: guesses by UDP, TCP and IPv6, four more, phones, and a call. */
const GUESSES = new URL("../../../fixtures/captures/guesses.pcapng", import.meta.url).pathname;

async function start(options: Record<string, unknown>) {
  const timeline = new Timeline({ write() {} });
  const tempDir = await Deno.makeTempDir();
  const undo: (() => void | Promise<void>)[] = [];
  const context = {
    ...{ timeline, seed: 1, options, tempDir },
    defer: (_: string, work: () => void | Promise<void>) => void undo.push(work),
  } as unknown as TargetContext;
  const close = async () => {
    for (const work of undo.toReversed()) await work();
    await Deno.remove(tempDir, { recursive: true });
  };
  try {
    const pbx = await target.start(context) as CapturedPbx;
    return { pbx, timeline, close, context: { ...context, options: {} } };
  } catch (error) {
    await close();
    throw error;
  }
}

Deno.test("a capture of a lab is judged at its own times; who failed four times is spared", async () => {
  const { pbx, context, close } = await start({ argument: GUESSES });
  try {
    assert.deepEqual([pbx.address, pbx.address6], ["198.51.100.1", "2001:db8::1"]);
    const bans = await sipbanTarget.start(context) as SipBan;
    await pbx.play(seconds(60));
    assert.deepEqual(
      bans.decisions.occurrences.map(({ kind, data }) => `${kind} ${data.host} ${data.rule}`),
      ["203.0.113.1", "203.0.113.3", "2001:db8:bad:0:0:0:0:0/64"]
        .map((host) => `ban ${host} failures`),
    );
    const [first] = bans.decisions.occurrences;
    const decisive = pbx.messages.occurrences.filter(({ kind, data }) =>
      kind === "401" && data.peer.startsWith("203.0.113.1:")
    )[21]!;
    // The eleventh guess and its challenge before.
    assert.equal(first!.t, decisive.t);
    assert.equal((await bans.list()).length, 3);
  } finally {
    await close();
  }
});

Deno.test("its messages are on the wire of the trace, those of TCP too", async () => {
  const { pbx, close } = await start({ argument: GUESSES });
  await pbx.play(seconds(0));
  const kinds = (protocol: string) =>
    new Set(
      pbx.messages.occurrences.filter(({ data }) => data.protocol === protocol)
        .map(({ kind }) => kind),
    );
  assert.deepEqual([...kinds("TCP")], ["REGISTER", "401"]);
  assert.ok([...kinds("UDP")].includes("BYE"));
  await close();
});

Deno.test("addresses that are given are the PBX's, whoever answers", async () => {
  const { timeline, close } = await start({ argument: GUESSES, own: ["203.0.113.1"] });
  assert.deepEqual(pbxLabOf(timeline).addresses, ["203.0.113.1"]);
  await close();
});

Deno.test("nothing can be done to what is over", async () => {
  const { pbx, close } = await start({ argument: GUESSES });
  const message = 'a capture is played, and what was is over; use another target of role "pbx"';
  await assert.rejects(pbx.site("home"), { message: `Cannot make site "home": ${message}` });
  await assert.rejects(pbx.kill(), { message: `Cannot kill the PBX: ${message}` });
  await close();
});

Deno.test("what cannot be played is said, with its name and what to do", async () => {
  const folder = await Deno.makeTempDir();
  const whole = await Deno.readFile(GUESSES);
  const files = {
    "cut.pcapng": whole.subarray(0, 50_000),
    "text.pcapng": new TextEncoder().encode("hello"),
    // No packets.
    "empty.pcap": Uint8Array.of(0xa1, 0xb2, 0xc3, 0xd4, 0, 2, 0, 4, ...new Uint8Array(16)),
  };
  for (const [name, bytes] of Object.entries(files)) {
    await Deno.writeFile(`${folder}/${name}`, bytes);
  }
  const repair = "capture again, or repair it with editcap";
  const cases = {
    "cut.pcapng": `: it ends in a block, at byte 49852 of 50000; ${repair}`,
    "text.pcapng": `: it begins like neither pcap nor pcapng, at byte 0 of 5; ${repair}`,
    "none.pcapng": ": there is no such file; name a file that can be read",
  };
  for (const [name, message] of Object.entries(cases)) {
    await assert.rejects(start({ argument: `${folder}/${name}` }), {
      message: `Cannot play the capture "${folder}/${name}"${message}`,
    });
  }
  await assert.rejects(start({ argument: `${folder}/empty.pcap` }), {
    message:
      `Cannot tell whose capture "${folder}/empty.pcap" is: nobody answers REGISTER in its ` +
      `0 packets; name the PBX's addresses in the target's option "own"`,
  });
  await assert.rejects(start({}), {
    message: "Cannot play a capture: no file is named; write --use pbx=capture:FILE.pcapng",
  });
  await Deno.remove(folder, { recursive: true });
});
