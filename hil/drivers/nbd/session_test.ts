import assert from "node:assert/strict";
import {
  clientFlags,
  goTo,
  infoOption,
  joined,
  option,
  request,
  type RequestFields,
  seeded,
} from "./_client.ts";
import * as nbd from "./protocol.ts";
import { NbdSession, type SessionStep } from "./session.ts";

const EXPORTS = [
  { name: "disk0", blocks: 1000, readOnly: false },
  { name: "rom", blocks: 10, readOnly: true },
  { name: "größte", blocks: 2 ** 48, readOnly: false },
];
const { Command, NbdErrno, Option, Reply } = nbd;
const FLAG = nbd.TransmissionFlag;

function session(...said: readonly Uint8Array[]): [NbdSession, SessionStep[]] {
  const session = new NbdSession(EXPORTS);
  return [session, session.receive(joined(...said))];
}

/** A session that is through with the options. */
function opened(name = "disk0"): NbdSession {
  const [made, steps] = session(clientFlags(), goTo(name));
  assert.equal(steps.at(-1)?.type, "open");
  return made;
}

/** What an option is answered with: type and data of each reply; other steps by their type. */
function answers(steps: readonly SessionStep[]) {
  return steps.map((step) => {
    if (step.type !== "send") return step.type;
    const view = new DataView(step.bytes.buffer, step.bytes.byteOffset);
    assert.equal(view.getBigUint64(0), nbd.OPTION_REPLY_MAGIC);
    assert.equal(view.getUint32(16), step.bytes.length - 20);
    return { option: view.getUint32(8), type: view.getUint32(12), data: step.bytes.slice(20) };
  });
}

function types(steps: readonly SessionStep[]): (number | string)[] {
  return answers(steps).map((answer) => typeof answer === "string" ? answer : answer.type);
}

function reasonOf(steps: readonly SessionStep[]): string | undefined {
  const last = steps.at(-1);
  assert.equal(last?.type, "close");
  return (last as { reason?: string }).reason;
}

/** The error that a request is refused with, in a session that goes on. */
function refusal(fields: RequestFields, name = "disk0"): number {
  const made = opened(name);
  const [step, ...more] = made.receive(request({ cookie: 0xfeedn, ...fields }));
  assert.equal(more.length, 0);
  assert.equal(step?.type, "send", "the request was let through");
  const { bytes } = step as { bytes: Uint8Array };
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  assert.equal(bytes.length, 16);
  assert.equal(view.getUint32(0), nbd.NBD_SIMPLE_REPLY_MAGIC);
  assert.equal(view.getBigUint64(8), 0xfeedn);
  const [next] = made.receive(request({ command: Command.NBD_CMD_FLUSH }));
  assert.equal(next?.type, "request", "the session does not go on");
  return view.getUint32(4);
}

Deno.test("the greeting offers fixed newstyle without zeroes", () => {
  const view = new DataView(new NbdSession(EXPORTS).greeting().slice().buffer);
  assert.equal(view.getBigUint64(0), nbd.NBDMAGIC);
  assert.equal(view.getBigUint64(8), nbd.IHAVEOPT);
  assert.equal(view.getUint16(16), 3);
});

Deno.test("a client that is not fixed newstyle, or has unknown flags, is not served", () => {
  assert.match(reasonOf(session(clientFlags(0))[1])!, /not fixed newstyle/);
  assert.match(reasonOf(session(clientFlags(0x8000_0001))[1])!, /flags 0x80000001 are unknown/);
});

Deno.test("the list names every export", () => {
  const [, steps] = session(clientFlags(), option(Option.NBD_OPT_LIST));
  assert.deepEqual(types(steps), [...EXPORTS.map(() => Reply.NBD_REP_SERVER), Reply.NBD_REP_ACK]);
  const names = answers(steps).slice(0, -1).map((answer) => {
    const { data } = answer as { data: Uint8Array };
    assert.equal(new DataView(data.buffer).getUint32(0), data.length - 4);
    return new TextDecoder().decode(data.subarray(4));
  });
  assert.deepEqual(names, EXPORTS.map(({ name }) => name));
});

Deno.test("info and go tell size, flags and block size; only go opens", () => {
  const flags = FLAG.NBD_FLAG_HAS_FLAGS | FLAG.NBD_FLAG_SEND_FLUSH | FLAG.NBD_FLAG_SEND_FUA |
    FLAG.NBD_FLAG_SEND_TRIM | FLAG.NBD_FLAG_SEND_WRITE_ZEROES;
  for (
    const [{ name, blocks, readOnly }, number] of EXPORTS.map((e, i) => [e, 6 + i % 2] as const)
  ) {
    const [, steps] = session(clientFlags(), infoOption(number, name));
    const told = [Reply.NBD_REP_INFO, Reply.NBD_REP_INFO, Reply.NBD_REP_ACK];
    assert.deepEqual(types(steps), number === Option.NBD_OPT_GO ? [...told, "open"] : told);
    const [first, second] = answers(steps) as { data: Uint8Array<ArrayBuffer> }[];
    const facts = new DataView(first!.data.buffer);
    assert.equal(facts.getUint16(0), nbd.NBD_INFO_EXPORT);
    assert.equal(facts.getBigUint64(2), BigInt(blocks) * 512n);
    assert.equal(facts.getUint16(10), flags | (readOnly ? FLAG.NBD_FLAG_READ_ONLY : 0));
    const sizes = new DataView(second!.data.buffer);
    assert.equal(sizes.getUint16(0), nbd.NBD_INFO_BLOCK_SIZE);
    assert.deepEqual([2, 6, 10].map((at) => sizes.getUint32(at)), [512, 4096, nbd.PAYLOAD_LIMIT]);
  }
});

Deno.test("an empty name is the first export", () => {
  const [, steps] = session(clientFlags(), goTo(""));
  assert.deepEqual(steps.at(-1), { type: "open", export: EXPORTS[0] });
});

Deno.test("the old export name opens, with and without zeroes", () => {
  const name = option(Option.NBD_OPT_EXPORT_NAME, new TextEncoder().encode("rom"));
  for (const [flags, size] of [[1, 134], [3, 10]] as const) {
    const [made, [facts, open]] = session(clientFlags(flags), name);
    assert.equal((facts as { bytes: Uint8Array }).bytes.length, size);
    assert.deepEqual(open, { type: "open", export: EXPORTS[1] });
    const [step] = made.receive(request({ command: Command.NBD_CMD_READ, length: 512 }));
    assert.equal(step?.type, "request");
  }
  const none = option(Option.NBD_OPT_EXPORT_NAME, new TextEncoder().encode("no such"));
  assert.match(reasonOf(session(clientFlags(), none)[1])!, /no export "no such"/);
});

Deno.test("abort is acknowledged and ends the conversation", () => {
  const [made, steps] = session(clientFlags(), option(Option.NBD_OPT_ABORT));
  assert.deepEqual(types(steps), [Reply.NBD_REP_ACK, "close"]);
  assert.deepEqual(made.receive(option(Option.NBD_OPT_LIST)), []);
});

Deno.test("an option that is refused says why, and the next one is heard", () => {
  const bad = (bytes: number[]) => option(Option.NBD_OPT_GO, Uint8Array.from(bytes));
  const cases: [string, Uint8Array, number][] = [
    ["STARTTLS", option(5), Reply.NBD_REP_ERR_UNSUP],
    ["STRUCTURED_REPLY", option(8), Reply.NBD_REP_ERR_UNSUP],
    ["an unknown one", option(0xffff_ffff), Reply.NBD_REP_ERR_UNSUP],
    ["a list with data", option(Option.NBD_OPT_LIST, Uint8Array.of(1)), Reply.NBD_REP_ERR_INVALID],
    ["an unknown export", goTo("no such"), Reply.NBD_REP_ERR_UNKNOWN],
    ["a go without data", bad([]), Reply.NBD_REP_ERR_INVALID],
    ["a name that is longer than its data", bad([0, 0, 0, 9, 97, 0, 0]), Reply.NBD_REP_ERR_INVALID],
    ["a name of 4 GiB", bad([255, 255, 255, 255, 97, 0, 0]), Reply.NBD_REP_ERR_INVALID],
    ["fewer infos than it says", bad([0, 0, 0, 0, 0, 2, 0, 3]), Reply.NBD_REP_ERR_INVALID],
    ["more data than it says", bad([0, 0, 0, 0, 0, 0, 0, 3]), Reply.NBD_REP_ERR_INVALID],
    ["a name that is no UTF-8", bad([0, 0, 0, 1, 255, 0, 0]), Reply.NBD_REP_ERR_INVALID],
  ];
  for (const [what, bytes, error] of cases) {
    const [made, steps] = session(clientFlags(), bytes);
    assert.deepEqual(types(steps), [error], what);
    assert.deepEqual(types(made.receive(option(9))), [Reply.NBD_REP_ERR_UNSUP], what);
  }
});

Deno.test("an option with a wrong magic or endless data ends the conversation", () => {
  const wrong = option(Option.NBD_OPT_LIST);
  wrong[7]! ^= 1;
  assert.match(reasonOf(session(clientFlags(), wrong)[1])!, /wrong magic/);
  const endless = nbd.pack([8, nbd.IHAVEOPT], [4, Option.NBD_OPT_GO], [4, 0x7fff_ffff]);
  assert.match(reasonOf(session(clientFlags(), endless)[1])!, /2147483647 bytes of data/);
});

Deno.test("each command becomes a request in blocks", () => {
  const data = new Uint8Array(1024).fill(7);
  const cases: [RequestFields, object][] = [
    [{ command: Command.NBD_CMD_READ, offset: 512, length: 1536 }, {
      operation: "read",
      lba: 1,
      blocks: 3,
      fua: false,
    }],
    [{ command: Command.NBD_CMD_WRITE, offset: 1024, data }, {
      operation: "write",
      lba: 2,
      blocks: 2,
      fua: false,
      data,
    }],
    [{ command: Command.NBD_CMD_WRITE, flags: 1, data }, {
      operation: "write",
      lba: 0,
      blocks: 2,
      fua: true,
      data,
    }],
    [{ command: Command.NBD_CMD_FLUSH }, { operation: "flush", lba: 0, blocks: 0, fua: false }],
    [{ command: Command.NBD_CMD_TRIM, length: 512 }, {
      operation: "trim",
      lba: 0,
      blocks: 1,
      fua: false,
    }],
    [{ command: Command.NBD_CMD_WRITE_ZEROES, flags: 2, length: 512 }, {
      operation: "zero",
      lba: 0,
      blocks: 1,
      fua: false,
    }],
  ];
  for (const [fields, wanted] of cases) {
    const [step] = opened().receive(request({ cookie: 2n ** 64n - 1n, ...fields }));
    assert.deepEqual(step, { type: "request", request: { cookie: 2n ** 64n - 1n, ...wanted } });
  }
});

Deno.test("the last block of a drive of 2^48 is reached, the one after it is not", () => {
  const last = 2n ** 57n - 512n;
  const fields = { command: Command.NBD_CMD_READ, length: 512 };
  const [step] = opened("größte").receive(request({ ...fields, offset: last }));
  assert.equal((step as { request: { lba: number } }).request.lba, 2 ** 48 - 1);
  assert.equal(refusal({ ...fields, offset: last + 512n }, "größte"), NbdErrno.EINVAL);
  assert.equal(refusal({ ...fields, offset: 2n ** 64n - 512n }, "größte"), NbdErrno.EINVAL);
});

Deno.test("a request that is not allowed is refused with the right error, and the next is heard", () => {
  const { NBD_CMD_READ, NBD_CMD_WRITE, NBD_CMD_FLUSH, NBD_CMD_TRIM } = Command;
  const block = new Uint8Array(512);
  const end = 1000 * 512;
  const cases: [string, number, RequestFields, string?][] = [
    ["an unknown command", NbdErrno.EINVAL, { command: 5 }],
    ["an unknown flag", NbdErrno.EINVAL, { command: NBD_CMD_READ, flags: 0x10, length: 512 }],
    ["NO_HOLE on a read", NbdErrno.EINVAL, { command: NBD_CMD_READ, flags: 2, length: 512 }],
    ["a read past the end", NbdErrno.EINVAL, {
      command: NBD_CMD_READ,
      offset: end - 512,
      length: 1024,
    }],
    ["a write past the end", NbdErrno.ENOSPC, { command: NBD_CMD_WRITE, offset: end, data: block }],
    ["a trim past the end", NbdErrno.ENOSPC, { command: NBD_CMD_TRIM, offset: end, length: 512 }],
    ["an odd offset", NbdErrno.EINVAL, { command: NBD_CMD_READ, offset: 1, length: 512 }],
    ["an odd length", NbdErrno.EINVAL, { command: NBD_CMD_WRITE, data: new Uint8Array(100) }],
    ["nothing to read", NbdErrno.EINVAL, { command: NBD_CMD_READ, length: 0 }],
    ["a read of 4 GiB", NbdErrno.EINVAL, { command: NBD_CMD_READ, length: 0xffff_fe00 }, "größte"],
    ["a flush of a range", NbdErrno.EINVAL, { command: NBD_CMD_FLUSH, length: 512 }],
    [
      "a write to a read-only drive",
      NbdErrno.EPERM,
      { command: NBD_CMD_WRITE, data: block },
      "rom",
    ],
  ];
  for (const [what, error, fields, name] of cases) {
    assert.equal(refusal(fields, name), error, what);
  }
});

Deno.test("a request without magic, or a write without end, ends the conversation", () => {
  const read = { command: Command.NBD_CMD_READ, length: 512 };
  assert.match(reasonOf(opened().receive(request({ ...read, magic: 7 })))!, /no magic/);
  const write = { command: Command.NBD_CMD_WRITE, length: nbd.PAYLOAD_LIMIT + 512 };
  assert.match(reasonOf(opened().receive(request(write)))!, /33554944 bytes/);
});

Deno.test("disconnect ends the conversation without a reason, and what follows is not heard", () => {
  const disconnect = request({ command: Command.NBD_CMD_DISC });
  const steps = opened().receive(joined(disconnect, request({ command: Command.NBD_CMD_FLUSH })));
  assert.deepEqual(steps, [{ type: "close" }]);
});

Deno.test("a reply carries cookie and data, or cookie and error alone", () => {
  const made = opened();
  const [step] = made.receive(request({ command: Command.NBD_CMD_READ, cookie: 9n, length: 512 }));
  const { request: read } = step as Extract<SessionStep, { type: "request" }>;
  const data = new Uint8Array(512).fill(3);
  const head = (error: number) => nbd.pack([4, nbd.NBD_SIMPLE_REPLY_MAGIC], [4, error], [8, 9n]);
  assert.deepEqual(made.reply(read, 0, data), joined(head(0), data));
  assert.deepEqual(made.reply(read, NbdErrno.EIO, data), head(NbdErrno.EIO));
});

/** A conversation that touches every message, good and bad ones. */
function conversation(): Uint8Array {
  const data = Uint8Array.from({ length: 1024 }, (_, at) => at & 0xff);
  const { NBD_CMD_READ, NBD_CMD_WRITE, NBD_CMD_FLUSH, NBD_CMD_DISC } = Command;
  return joined(
    clientFlags(),
    option(Option.NBD_OPT_LIST),
    option(8),
    infoOption(Option.NBD_OPT_INFO, "größte", [0, 3]),
    goTo("no such"),
    goTo("disk0"),
    request({ command: NBD_CMD_READ, cookie: 1n, offset: 512, length: 1024 }),
    request({ command: NBD_CMD_WRITE, cookie: 2n, offset: 1024, data }),
    request({ command: NBD_CMD_WRITE, cookie: 3n, offset: 1000 * 512, data }),
    request({ command: NBD_CMD_FLUSH, cookie: 4n }),
    request({ command: NBD_CMD_DISC }),
  );
}

Deno.test("however the bytes are cut, the steps are the same", () => {
  const bytes = conversation();
  const whole = new NbdSession(EXPORTS).receive(bytes);
  assert.equal(whole.filter(({ type }) => type === "request").length, 3);
  for (let seed = 0; seed <= 200; seed++) {
    const random = seeded(seed);
    const made = new NbdSession(EXPORTS);
    const steps: SessionStep[] = [];
    for (let at = 0; at < bytes.length;) {
      const size = seed === 0 ? 1 : 1 + random(1 << random(11));
      steps.push(...made.receive(bytes.slice(at, at + size)));
      at += size;
    }
    assert.deepEqual(steps, whole, `seed ${seed}`);
  }
});

Deno.test("100,000 damaged conversations neither throw nor ask for what is not there", () => {
  const intact = conversation();
  const ended = { closed: 0, open: 0 };
  for (let seed = 1; seed <= 100_000; seed++) {
    const random = seeded(seed);
    const bytes = damaged(intact, random);
    const made = new NbdSession(EXPORTS);
    const cut = random(bytes.length + 1);
    const steps = [...made.receive(bytes.subarray(0, cut)), ...made.receive(bytes.subarray(cut))];
    for (const step of steps) checkStep(step, seed);
    ended[steps.at(-1)?.type === "close" ? "closed" : "open"]++;
  }
  assert.ok(ended.closed > 10_000 && ended.open > 10_000, JSON.stringify(ended));
});

/** Bits turned over, bytes left out, put in, or doubled. */
function damaged(intact: Uint8Array, random: (below: number) => number): Uint8Array {
  // Most damage goes to what is parsed, and not to the data of the writes.
  let bytes = intact.slice(0, random(3) === 0 ? random(intact.length) : intact.length);
  for (let times = random(4); times >= 0; times--) {
    const at = random(bytes.length + 1);
    const count = 1 + random(8);
    const noise = Uint8Array.from({ length: count }, () => random(256));
    const [from, put] = [
      [at, noise],
      [at + count, new Uint8Array(0)],
      [at + count, noise],
      [at, bytes.slice(at, at + count)],
    ][random(4)] as [number, Uint8Array];
    bytes = joined(bytes.subarray(0, at), put, bytes.subarray(from)) as Uint8Array<ArrayBuffer>;
  }
  return bytes;
}

function checkStep(step: SessionStep, seed: number): void {
  if (step.type !== "request") return;
  const { operation, lba, blocks, data } = step.request;
  const inside = Number.isSafeInteger(lba) && Number.isInteger(blocks) && lba >= 0 &&
    EXPORTS.some((one) => lba + blocks <= one.blocks);
  assert.ok(inside, `seed ${seed}: ${operation} ${lba} ${blocks}`);
  assert.equal(data?.length, operation === "write" ? blocks * 512 : undefined, `seed ${seed}`);
}
