import assert from "node:assert/strict";
import { MemoryRoot } from "hil/drivers/tftp/mod.ts";
import { Host, TftpService } from "sims/bbb/net/mod.ts";
import { CpswLab, MAC, PollingDriver } from "./_cpsw_lab.ts";

const PEER = Uint8Array.of(2, 0, 0, 0, 0, 1);

Deno.test("a file comes by TFTP through the switch into memory", () => {
  const lab = new CpswLab();
  const driver = new PollingDriver(lab);
  driver.start();
  const { clock, lan } = lab;
  const content = Uint8Array.from({ length: 20_000 }, (_, i) => (i * 13) >>> 3);
  const mac = "02:00:00:00:00:01";
  const host = new Host({
    name: "server",
    clock,
    port: lan.port("s"),
    mac,
    address: "198.51.100.1",
  });
  new TftpService({ clock, host, root: new MemoryRoot({ "os.bin": content }) });
  const got: number[] = [];
  const client = boardClient(driver);
  client.send(69, new TextEncoder().encode("\0\x01os.bin\0octet\0blksize\x001468\0"));
  for (let us = 0; us < 100_000 && !client.done(got); us++) lab.run(1000);
  assert.deepEqual(Uint8Array.from(got), content);
});

/** UDP and TFTP by hand, as a program on the board would. */
function boardClient(driver: PollingDriver) {
  const [us, them] = [[198, 51, 100, 2], [198, 51, 100, 1]];
  const send = (port: number, data: Uint8Array) => {
    const frame = new Uint8Array(Math.max(60, 42 + data.length));
    const view = new DataView(frame.buffer);
    frame.set([...PEER, ...MAC, 8, 0, 0x45, 0]);
    view.setUint16(16, 28 + data.length);
    frame.set([64, 17], 22);
    frame.set([...us, ...them], 26);
    let sum = 0;
    for (let at = 14; at < 34; at += 2) sum += view.getUint16(at);
    view.setUint16(24, ~((sum & 0xffff) + (sum >>> 16)));
    view.setUint16(34, 1234);
    view.setUint16(36, port);
    view.setUint16(38, 8 + data.length);
    frame.set(data, 42);
    driver.send(frame);
  };
  const answerArp = (frame: Uint8Array) => {
    const reply = new Uint8Array(60);
    reply.set([...PEER, ...MAC, 8, 6, 0, 1, 8, 0, 6, 4, 0, 2, ...MAC, ...us, ...PEER, ...them]);
    if (frame[21] === 1) driver.send(reply);
  };
  let expected = 1;
  const done = (got: number[]): boolean => {
    const frame = driver.poll()?.frame;
    if (!frame) return false;
    if (frame[13] === 6) answerArp(frame);
    if (frame[13] !== 0) return false;
    const view = new DataView(frame.buffer);
    const data = frame.subarray(42, 34 + view.getUint16(38));
    const block = (data[2]! << 8) | data[3]!;
    if (data[1] === 6) send(view.getUint16(34), Uint8Array.of(0, 4, 0, 0));
    if (data[1] !== 3 || block !== expected) return false;
    got.push(...data.subarray(4));
    send(view.getUint16(34), Uint8Array.of(0, 4, block >>> 8, block));
    expected++;
    return data.length < 1472;
  };
  return { send, done };
}
