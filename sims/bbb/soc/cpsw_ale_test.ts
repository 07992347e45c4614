import assert from "node:assert/strict";
import { VirtualClock } from "sims/engine/mod.ts";
import { registerTests, restoreTest } from "./_registers.ts";
import { Ale } from "./cpsw_ale.ts";

const [ENABLE, CLEAR, AGE, BYPASS, AWARE, AUTH, OUI, FLOOD] = [31, 30, 29, 4, 2, 1, 5, 8].map((n) =>
  2 ** n
) as [number, number, number, number, number, number, number, number];
const [HOST, ONE, TWO] = [1, 2, 4];

const [A, B, C] = ["020000000001", "020000000002", "0a0000000003"] as const;
const GROUP = "01005e000001";
const BROADCAST = "ffffffffffff";

function frame(destination: string, source: string, vid?: number): Uint8Array {
  const bytes = new Uint8Array(64);
  bytes.set(Uint8Array.fromHex(destination + source));
  bytes.set(vid === undefined ? [8, 0] : [0x81, 0, vid >> 8, vid, 8, 0], 12);
  return bytes;
}

/** An ALE with all ports forwarding. */
class Lab {
  readonly device = new Ale({ clock: new VirtualClock("test") });

  constructor(control = 0) {
    this.control(control);
    for (let port = 0; port < 3; port++) this.device.write(0x40 + 4 * port, 3, 4);
  }

  control(bits: number): void {
    this.device.write(0x08, ENABLE + bits, 4);
  }

  entry(index: number, high: number, middle: number, low: number): void {
    this.device.write(0x3c, low, 4);
    this.device.write(0x38, middle, 4);
    this.device.write(0x34, high, 4);
    this.device.write(0x20, 2 ** 31 + index, 4);
  }

  /** Bits 71:60 as one number, then the address. */
  address(index: number, top: number, mac: string, vid = 0): void {
    const low = parseInt(mac.slice(4), 16);
    const middle = ((top & 15) * 2 ** 28) + vid * 2 ** 16 + parseInt(mac.slice(0, 4), 16);
    this.entry(index, top >> 4, middle, low);
  }

  vlan(index: number, vid: number, masks: number): void {
    this.entry(index, 0, 2 * 2 ** 28 + vid * 2 ** 16, masks);
  }

  words(index: number): number[] {
    this.device.write(0x20, index, 4);
    return [0x34, 0x38, 0x3c].map((offset) => this.device.read(offset, 4) >>> 0);
  }

  to(bytes: Uint8Array, port: number, more: { portVid?: number; directed?: number } = {}): number {
    return this.device.forward({ frame: bytes, port, portVid: 0, ...more }).ports;
  }
}

function rig() {
  const clock = new VirtualClock("test");
  const device = new Ale({ clock });
  return {
    clock,
    device,
    parts: [device],
    disturb: (random: { below(n: number): number }) => {
      const macs = [A, B, C, GROUP, BROADCAST];
      const pick = () => macs[random.below(macs.length)]!;
      const port = random.below(3);
      device.forward({ frame: frame(pick(), pick(), random.below(3)), port, portVid: 1 });
    },
  };
}
registerTests("CPSW_ALE", rig, { apart: ["CONTROL", "TBLCTL"] });
restoreTest("CPSW_ALE", rig, {
  values: [ENABLE, ENABLE + AWARE, ENABLE + AGE, CLEAR, 3, 0x8000_0001],
});

Deno.test("ALE: an unknown address is flooded to the other ports, the host left out", () => {
  const lab = new Lab();
  assert.equal(lab.to(frame(A, B), 1), TWO);
  assert.equal(lab.to(frame(C, A), 0), ONE | TWO);
  lab.control(FLOOD);
  assert.equal(lab.to(frame(C, B), 1), TWO | HOST);
});

Deno.test("ALE: what is learned is where frames go, and it moves with its owner", () => {
  const lab = new Lab();
  lab.to(frame(C, A), 2);
  assert.equal(lab.to(frame(A, B), 0), TWO);
  assert.equal(lab.to(frame(A, B), 2), 0, "not back where it came from");
  lab.to(frame(C, A), 1);
  assert.equal(lab.to(frame(A, B), 0), ONE);
  assert.deepEqual(lab.words(0), [1 << 2, 0xd000_0200, 1]);
});

Deno.test("ALE: an address ages out unless it was seen since the last time", () => {
  const lab = new Lab();
  lab.to(frame(C, A), 1);
  lab.to(frame(C, B), 1);
  lab.control(AGE);
  assert.equal(lab.words(0)[1]! >>> 28, 5, "untouched now");
  lab.to(frame(C, A), 1);
  lab.control(AGE);
  assert.equal(lab.to(frame(A, C), 0), ONE, "A was seen");
  assert.equal(lab.to(frame(B, C), 0), ONE | TWO, "B was not");
  assert.equal(lab.device.read(0x08, 4) >>> 0, ENABLE, "AGE_OUT_NOW clears itself");
});

Deno.test("ALE: broadcasts and unregistered groups go to all, registered ones where they should", () => {
  const lab = new Lab();
  assert.equal(lab.to(frame(BROADCAST, A), 1), HOST | TWO);
  assert.equal(lab.to(frame(GROUP, A), 1), HOST | TWO);
  lab.address(9, (HOST | ONE) << 6 | 1, GROUP);
  assert.equal(lab.to(frame(GROUP, A), 1), HOST);
  assert.equal(lab.to(frame(GROUP, A), 2), HOST | ONE);
});

Deno.test("ALE: a port that does not forward neither sends nor takes; a disabled one nothing", () => {
  const lab = new Lab();
  for (const [state, out] of [[0, 0], [1, 0], [2, 0], [3, HOST | TWO]] as const) {
    lab.device.write(0x44, state, 4);
    assert.equal(lab.to(frame(BROADCAST, A), 1), out, `state ${state}`);
    assert.equal(lab.to(frame(BROADCAST, C), 0), state === 3 ? ONE | TWO : TWO);
  }
  const learned = (state: number) => {
    const fresh = new Lab();
    fresh.device.write(0x44, state, 4);
    fresh.to(frame(BROADCAST, A), 1);
    return fresh.words(0)[1] !== 0;
  };
  assert.deepEqual([0, 1, 2, 3].map(learned), [false, false, true, true]);
});

Deno.test("ALE: a supervisory group passes blocked ports", () => {
  const lab = new Lab();
  lab.address(9, HOST << 6 | 2 << 4 | 1 << 2 | 1, GROUP);
  lab.device.write(0x44, 1, 4);
  assert.equal(lab.to(frame(GROUP, A), 1), HOST);
});

Deno.test("ALE: bypass sends all that comes in to the host, and the host's as ever", () => {
  const lab = new Lab(BYPASS);
  assert.equal(lab.to(frame(C, A), 1), HOST);
  assert.equal(lab.to(frame(A, B), 0), ONE);
});

Deno.test("ALE: the host names the port; a disabled ALE drops all", () => {
  const lab = new Lab();
  assert.equal(lab.to(frame(A, B), 0, { directed: 2 }), TWO);
  lab.device.write(0x08, 0, 4);
  assert.equal(lab.to(frame(BROADCAST, B), 0), 0);
});

Deno.test("ALE: blocked addresses are dropped, secure ones stay at their port", () => {
  const lab = new Lab();
  lab.address(0, 1 << 6 | 2 << 4 | 1, A);
  assert.equal(lab.to(frame(A, B), 0), 0);
  assert.equal(lab.to(frame(B, A), 1), 0);
  lab.address(0, 1 << 6 | 1 << 4 | 1, A);
  assert.equal(lab.to(frame(BROADCAST, A), 1), HOST | TWO);
  assert.equal(lab.to(frame(BROADCAST, A), 2), 0);
  assert.equal(lab.to(frame(A, B), 0), ONE);
});

Deno.test("ALE: only who is known may speak in authorization mode, and nobody is learned", () => {
  const lab = new Lab(AUTH);
  assert.equal(lab.to(frame(BROADCAST, A), 1), 0);
  assert.equal(lab.words(0)[1], 0);
  lab.address(0, 1 << 6 | 1, A);
  assert.equal(lab.to(frame(BROADCAST, A), 1), HOST | TWO);
});

Deno.test("ALE: OUI deny keeps strangers from the host; of an OUI 24 bits count", () => {
  const lab = new Lab(OUI);
  assert.equal(lab.to(frame(BROADCAST, A), 1), TWO);
  lab.address(9, 2 << 2 | 1, "020000ffffff");
  assert.equal(lab.to(frame(BROADCAST, A), 1), HOST | TWO);
});

Deno.test("ALE: a frame to itself is dropped", () => {
  assert.equal(new Lab().to(frame(A, A), 1), 0);
});

Deno.test("ALE: aware of VLANs, members alone get a frame, and learning is within one", () => {
  const lab = new Lab(AWARE);
  lab.vlan(10, 5, ONE | HOST | (ONE | HOST) << 8 | (ONE | HOST) << 16 | ONE << 24);
  assert.equal(lab.to(frame(BROADCAST, A, 5), 2), HOST | ONE);
  assert.equal(lab.to(frame(BROADCAST, A, 6), 2), 0, "an unknown VLAN has no members");
  lab.device.write(0x18, 0x0700_0707, 4);
  assert.equal(lab.to(frame(BROADCAST, A, 6), 2), HOST | ONE);
  assert.equal(lab.to(frame(A, B, 6), 0), TWO, "learned in VLAN 6");
  assert.equal(lab.to(frame(BROADCAST, A), 2, { portVid: 5 }), HOST | ONE, "the port's VLAN");
  const { untagged, vid, isTagged } = lab.device.forward({
    frame: frame(BROADCAST, A, 5),
    port: 0,
    portVid: 1,
  });
  assert.deepEqual({ untagged, vid, isTagged }, { untagged: ONE, vid: 5, isTagged: true });
});

Deno.test("ALE: ports check VLANs and tags of what comes in when they are told to", () => {
  const lab = new Lab(AWARE);
  lab.vlan(10, 5, HOST | ONE);
  lab.device.write(0x48, 3 | 1 << 3, 4);
  assert.equal(lab.to(frame(BROADCAST, A, 5), 2), 0, "port 2 is no member");
  lab.device.write(0x44, 3 | 1 << 2, 4);
  assert.equal(lab.to(frame(BROADCAST, A), 1, { portVid: 5 }), 0, "no tag");
  assert.equal(lab.to(frame(BROADCAST, A, 5), 1), HOST);
});

Deno.test("ALE: without tags VLAN 0 counts when EN_VID0_MODE is set, else the port's", () => {
  const lab = new Lab(AWARE);
  lab.vlan(10, 5, HOST | ONE);
  lab.vlan(11, 0, HOST | TWO);
  assert.equal(lab.to(frame(BROADCAST, A), 0, { portVid: 5 }), ONE);
  lab.control(AWARE + 2 ** 6);
  assert.equal(lab.to(frame(BROADCAST, A), 0, { portVid: 5 }), TWO);
});

Deno.test("ALE: an address of a ring goes out on the other port, never to the host", () => {
  const lab = new Lab();
  lab.address(0, 0x20 << 4 | 1, A);
  assert.deepEqual([0, 1, 2].map((port) => lab.to(frame(A, B), port)), [ONE | TWO, TWO, ONE]);
});

Deno.test("ALE: a full table learns no more and forgets nothing", () => {
  const lab = new Lab();
  for (let n = 0; n < 1030; n++) {
    lab.to(frame(BROADCAST, `0200${n.toString(16).padStart(8, "0")}`), 1);
  }
  assert.equal(lab.to(frame("020000000000", A), 0), ONE);
  assert.equal(lab.to(frame("020000000402", A), 0), ONE | TWO);
  lab.control(CLEAR);
  assert.equal(lab.to(frame("020000000000", A), 0), ONE | TWO);
});
