import assert from "node:assert/strict";
import { Random } from "../../time/mod.ts";
import { encodePacket, PacketReader } from "./packets.ts";
import { type Breakpoint, GdbSession, type GdbTarget, serveGdb, type Stop } from "./mod.ts";

const CORE = `<?xml version="1.0"?><!DOCTYPE target SYSTEM "gdb-target.dtd"><target>` +
  `<architecture>arm</architecture><feature name="org.gnu.gdb.arm.core">` +
  [...Array(13).keys()].map((n) => `<reg name="r${n}" bitsize="32"/>`).join("") +
  `<reg name="sp" bitsize="32" type="data_ptr"/><reg name="lr" bitsize="32"/>` +
  `<reg name="pc" bitsize="32" type="code_ptr"/><reg name="cpsr" bitsize="32" regnum="25"/>` +
  `</feature></target>`;

/** Four kilobytes of NOPs that count r0 up at each step. */
class Counter implements GdbTarget {
  readonly description = CORE;
  readonly generalRegisters = [...Array(16).keys()];
  readonly registers = new Uint32Array(26);
  readonly memory = new Uint8Array(0x1000);
  readonly breakpoints: Breakpoint[] = [];
  readonly reversible = true;
  gone = 0;

  constructor() {
    new Uint32Array(this.memory.buffer).fill(0xe320f000);
    this.registers[25] = 0xd3;
  }
  readRegister(n: number) {
    return n < 16 || n === 25 ? new Uint8Array(this.registers.slice(n, n + 1).buffer) : undefined;
  }
  writeRegister(n: number, bytes: Uint8Array) {
    if (n > 25 || bytes.length !== 4) return false;
    this.registers[n] = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
    return true;
  }
  readMemory(address: number, length: number) {
    if (address >= this.memory.length) return undefined;
    return this.memory.subarray(address, address + length);
  }
  writeMemory(address: number, bytes: Uint8Array) {
    if (address + bytes.length > this.memory.length) return false;
    this.memory.set(bytes, address);
    return true;
  }
  insert(breakpoint: Breakpoint) {
    if (breakpoint.kind === "read") return false;
    this.breakpoints.push(breakpoint);
    return true;
  }
  remove({ address }: Breakpoint) {
    const at = this.breakpoints.findIndex((other) => other.address === address);
    if (at >= 0) this.breakpoints.splice(at, 1);
    return at >= 0;
  }
  async resume(
    how: { step: boolean; reverse: boolean; interrupt: AbortSignal },
  ): Promise<Stop> {
    const by = how.reverse ? -1 : 1;
    for (;;) {
      if (how.reverse && this.registers[0] === 0) return { signal: 5, beginning: true };
      this.registers[0]! += by;
      this.registers[15]! += 4 * by;
      if (how.step) return { signal: 5 };
      if (this.breakpoints.some(({ address }) => address === this.registers[15])) {
        return { signal: 5 };
      }
      await new Promise((resolve) => setImmediate(resolve));
      if (how.interrupt.aborted) return { signal: 2 };
    }
  }
  monitor(command: string) {
    return `you said "${command}"\n`;
  }
  detached() {
    this.gone++;
  }
}

/** Says packets to a session and gives the data of its answers. */
function conversation(target: GdbTarget) {
  const sent: string[] = [];
  const reader = new PacketReader();
  let answered = () => {};
  const session = new GdbSession(target, {
    send: (bytes) => {
      for (const incoming of reader.feed(bytes)) {
        if (incoming.type === "packet") sent.push(incoming.data);
      }
      if (sent.length) answered();
    },
    end: () => sent.push("(end)"),
  });
  const say = async (data: string) => {
    const answer = new Promise<void>((resolve) => answered = resolve);
    session.receive(encodePacket(data));
    await answer;
    return sent.shift();
  };
  return { session, say };
}

Deno.test("registers, memory, breakpoints and steps, forwards and backwards", async () => {
  const target = new Counter();
  const { say } = conversation(target);
  assert.match((await say("qSupported:xmlRegisters=arm"))!, /ReverseStep\+/);
  assert.equal(await say("m0,4"), "00f020e3");
  assert.equal(await say("M10,2:beef"), "OK");
  assert.equal(await say("m10,2"), "beef");
  assert.equal(await say("X20,3:}#$"), "OK");
  assert.equal(new TextDecoder().decode(target.memory.subarray(0x20, 0x23)), "}#$");
  assert.equal(await say("P1=78563412"), "OK");
  assert.equal(await say("p1"), "78563412");
  assert.equal(await say("s"), "S05");
  assert.equal(await say("Z0,20,4"), "OK");
  assert.equal(await say("c"), "S05");
  assert.equal(target.registers[15], 0x20);
  assert.equal(await say("bs"), "S05");
  assert.equal(target.registers[15], 0x1c);
  assert.equal(await say("bc"), "T05replaylog:begin;");
  assert.equal(await say("Z3,20,4"), "");
  assert.equal(await say("m2000,4"), "E01");
  assert.equal(await say("vMustReplyEmpty"), "");
});

Deno.test("Ctrl-C stops what runs; when GDB goes, breakpoints go with it", async () => {
  const target = new Counter();
  const { session, say } = conversation(target);
  await say("Z0,0ffffff0,4");
  const stopped = say("c");
  session.receive(Uint8Array.of(3));
  await new Promise((resolve) => setImmediate(resolve));
  session.receive(Uint8Array.of(3));
  assert.equal(await stopped, "S02");
  session.close();
  session.close();
  assert.deepEqual([target.breakpoints.length, target.gone], [0, 1]);
});

Deno.test("noise, cut-off packets and wrong checksums change nothing", async () => {
  for (let seed = 0; seed < 300; seed++) {
    const random = new Random(seed);
    const target = new Counter();
    const { session, say } = conversation(target);
    const packets = ["m0,4", "g", "qSupported", "p19", "Z0,10,4", "z0,10,4", "vCont?"];
    for (let i = 0; i < 20; i++) {
      const good = encodePacket(packets[random.below(packets.length)]!);
      const cut = good.subarray(0, random.below(good.length));
      session.receive(cut);
      const noise = Uint8Array.from({ length: random.below(30) }, () => random.below(0x23));
      session.receive(noise);
    }
    session.receive(new TextEncoder().encode("#zz")); // Ends what is open, wrongly.
    assert.equal(await say("m0,4"), "00f020e3", `seed ${seed}`);
  }
});

Deno.test("a packet comes through whatever the pieces", () => {
  const random = new Random(1);
  for (let round = 0; round < 500; round++) {
    const data = String.fromCharCode(
      ...Array.from({ length: random.below(40) }, () => random.below(256)),
    );
    const bytes = encodePacket(data);
    const reader = new PacketReader();
    const got: string[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = 1 + random.below(5);
      for (const incoming of reader.feed(bytes.subarray(at, at + size))) {
        assert(incoming.type === "packet");
        got.push(incoming.data);
      }
      at += size;
    }
    assert.deepEqual(got, [data]);
  }
});

Deno.test("the real GDB debugs, forwards and backwards", async () => {
  const target = new Counter();
  const server = serveGdb({ target, port: 0 });
  try {
    const commands = [
      `target remote ${server.address}`,
      "stepi",
      "break *0x20",
      "continue",
      'printf "at %x, r0 %d\\n", $pc, $r0',
      "reverse-stepi",
      'printf "back at %x\\n", $pc',
      "set $r1 = 0x1234",
      'printf "r1 %x\\n", $r1',
      "monitor hello",
      "x/1xw 0",
      "detach",
    ];
    const { stdout, stderr, success } = await new Deno.Command("gdb-multiarch", {
      args: ["-nx", "-batch", ...commands.flatMap((command) => ["-ex", command])],
      stdin: "null",
    }).output();
    const said = new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
    assert(success, said);
    for (const text of ["at 20, r0 8", "back at 1c", "r1 1234", 'you said "hello"', "0xe320f000"]) {
      assert(said.includes(text), `"${text}" is missing in:\n${said}`);
    }
    assert.equal(target.gone, 1);
  } finally {
    await server.close();
  }
});
