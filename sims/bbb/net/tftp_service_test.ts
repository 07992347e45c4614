import assert from "node:assert/strict";
import { MemoryRoot } from "hil/drivers/tftp/mod.ts";
import { loadParts, saveParts } from "sims/engine/mod.ts";
import type { LanFaults } from "./lan.ts";
import { NetLab } from "./_net_lab.ts";
import { TftpService } from "./tftp_service.ts";

const CONTENT = Uint8Array.from({ length: 30_000 }, (_, i) => (i * 31) >>> 4);

/** Host a reads from host b in lock-step and repeats after a second, as clients do. */
class Client {
  readonly got: number[] = [];
  done = false;
  #block = 0;
  #port = 69;
  #last = new Uint8Array();
  #repeatAt = 0;

  constructor(private readonly lab: NetLab, private readonly blockSize: number) {
    lab.a.listen(1234, ({ data, from }) => this.#receive(data, from.port));
  }

  start(): void {
    this.#send(new TextEncoder().encode(`\0\x01f\0octet\0blksize\0${this.blockSize}\0`));
  }

  #send(data: Uint8Array<ArrayBuffer>): void {
    this.#last = data;
    this.#repeatAt = this.lab.clock.now() + 1.1e9;
    this.lab.a.sendUdp(data, { to: { address: this.lab.b.address, port: this.#port }, port: 1234 });
  }

  #receive(data: Uint8Array, port: number): void {
    this.#port = port;
    const block = (data[2]! << 8) | data[3]!;
    if (data[1] === 6) return this.#send(Uint8Array.of(0, 4, 0, 0));
    if (data[1] !== 3 || block !== this.#block + 1) return;
    this.#block++;
    this.got.push(...data.subarray(4));
    this.done = data.length - 4 < this.blockSize;
    this.#send(Uint8Array.of(0, 4, block >>> 8, block));
  }

  run(limitNs = 100e9): void {
    while (!this.done && this.lab.clock.now() < limitNs) {
      this.lab.run(10_000_000);
      if (!this.done && this.lab.clock.now() >= this.#repeatAt) this.#send(this.#last);
    }
  }
}

function serving(faults: LanFaults = {}) {
  const lab = new NetLab(faults);
  const events: string[] = [];
  const service = new TftpService({
    clock: lab.clock,
    host: lab.b,
    root: new MemoryRoot({ f: CONTENT }),
    onEvent: ({ type }) => events.push(type),
  });
  return { lab, service, events };
}

const FAULTS: Readonly<Record<string, LanFaults>> = {
  "nothing goes wrong": {},
  "frames are lost": { loss: 0.05 },
  "frames come twice": { duplication: 0.3 },
  "frames overtake each other": { reordering: 0.2 },
  "bits flip": { damage: 0.05, corruption: 0.05 },
  "all of it": {
    loss: 0.03,
    duplication: 0.1,
    reordering: 0.1,
    damage: 0.02,
    delayNs: [0, 50_000],
  },
};
for (const [what, faults] of Object.entries(FAULTS)) {
  for (const blockSize of [512, 1468, 4096]) {
    Deno.test(`a file comes whole in blocks of ${blockSize} when ${what}`, () => {
      const { lab, service, events } = serving(faults);
      const client = new Client(lab, blockSize);
      client.start();
      client.run();
      lab.run(20e9);
      assert.deepEqual(Uint8Array.from(client.got), CONTENT);
      assert.equal(service.server.transfers, 0);
      assert.ok(events.includes("begun"));
      if (what === "nothing goes wrong") assert.deepEqual(events, ["begun", "done"]);
    });
  }
}

Deno.test("a transfer is part of a snapshot: what is repeated and when stays the same", () => {
  const run = (restoreAt: number) => {
    let { lab, service, events } = serving();
    const ask = new TextEncoder().encode("\0\x01f\0octet\0");
    const heard: string[] = [];
    const listen = () =>
      lab.a.listen(
        1234,
        ({ data }) => void heard.push(`${lab.clock.now()} ${data.subarray(0, 4).toHex()}`),
      );
    listen();
    for (let step = 0; step < 16; step++) {
      if (step === restoreAt) {
        const saved = structuredClone(saveParts([...lab.parts, service]));
        const [at, before] = [lab.clock.now(), events];
        ({ lab, service, events } = serving());
        events.push(...before);
        listen();
        lab.clock.restore(at);
        loadParts([...lab.parts, service], saved);
      }
      const to = { address: lab.b.address, port: step === 0 ? 69 : 49152 };
      if (step === 0) lab.a.sendUdp(ask, { to, port: 1234 });
      if (step === 4) lab.a.sendUdp(Uint8Array.of(0, 4, 0, 1), { to, port: 1234 });
      lab.run(777_000_000);
    }
    return { heard, events };
  };
  const expected = run(-1);
  assert.deepEqual(new Set(expected.events), new Set(["begun", "repeated", "failed"]));
  for (let step = 0; step < 16; step++) assert.deepEqual(run(step), expected);
});
