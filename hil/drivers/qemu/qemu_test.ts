import assert from "node:assert/strict";
import { commandLine } from "../marked_processes.ts";
import { Ear, errorOf, inLab, say, soon } from "./_lab.ts";
import { MemoryStore, NbdServer } from "../nbd/mod.ts";
import { fastPc, GuestCrashed, probeQemu, Qemu, QemuError, QmpClosed, QmpError } from "./mod.ts";

Deno.test("a guest that says something is heard to the last byte", async () => {
  await inLab(async (lab) => {
    const text = Array.from({ length: 400 }, (_, line) => `line ${line}\n`).join("");
    const qemu = await lab.start(text, "halt");
    assert.equal(await new Ear(qemu.serial("com1")).hear("line 399\n"), text);
    assert.match(qemu.version, /^\d+\.\d+\.\d+$/);
    const logs = lab.events.map((event) => event.type === "log" ? event.text : "");
    assert.ok(logs.some((text) => /^QEMU .* built the machine in \d+ ms$/.test(text)));
  });
});

Deno.test("every byte value comes back from a guest that echoes", async () => {
  await inLab(async (lab) => {
    const link = (await lab.start("", "echo")).serial("com1");
    const sent = Uint8Array.from({ length: 1024 }, (_, at) => at & 0xff);
    const reader = link.readable.getReader();
    await soon(link.write(sent), "1 KiB to be taken");
    const chunks: Uint8Array[] = []; // Looked at when all are there: a later one changes none.
    for (let size = 0; size < sent.length; size += chunks.at(-1)!.length) {
      chunks.push((await soon(reader.read(), "an echo")).value!);
    }
    assert.deepEqual(chunks.flatMap((chunk) => [...chunk]), [...sent]);
  });
});

Deno.test("a recorded guest that nobody reads for a while is the same again", async () => {
  await inLab(async (lab) => {
    const text = "0123456789abcde\n".repeat(256); // A socket has room for 278 writes of a byte.
    const file = `${lab.tempDir}/recording`;
    const recorded = await lab.start(text, "halt", { replay: { mode: "record", file } });
    const executed = async () =>
      (await recorded.qmp.execute<{ icount: number }>("query-replay")).icount;
    const halted = async () => {
      for (let last = -1, now = 0; now < text.length || now !== last;) {
        [last, now] = [now, await executed()];
      }
    };
    await soon(halted(), "the guest to have said all and to halt");
    await recorded.quit();
    assert.equal((await new Ear(recorded.serial("com1")).rest()).text, text);
    await recorded.powerCut();
    const options = { name: "again", replay: { mode: "replay", file } } as const;
    const again = await lab.start(text, "halt", options);
    assert.equal(await new Ear(again.serial("com1")).hear(text), text);
  });
});

Deno.test("two serial ports are kept apart by their names", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("on the second", "halt", {
      serials: [{ name: "qmp" }, { name: "odd/name" }],
    });
    assert.equal(await new Ear(qemu.serial("qmp")).hear("second"), "on the second");
    assert.throws(() => qemu.serial("com3"), {
      message: `Cannot open the serial port "com3": QEMU was started with qmp, odd/name; ` +
        `name one of them`,
    });
    qemu.serial("odd/name");
  });
});

Deno.test("a triple fault ends the serial port with the registers of that moment", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("last words", "tripleFault", { paused: true });
    await qemu.cont();
    const { text, error } = await new Ear(qemu.serial("com1")).rest();
    assert.equal(text, "last words");
    assert.ok(error instanceof GuestCrashed, String(error));
    assert.equal(error.reason, "guest-reset");
    assert.match(error.message, /^the guest reset itself \(triple fault\?\)\n/);
    // The guest stopped in its own code, loaded at 1 MiB; after a reset this would be fff0.
    assert.match(error.registers, /^EIP=0010[0-9a-f]{4}/m);
    assert.doesNotMatch(error.registers, /XMM|FPR/);
    assert.equal(await qemu.describe(), error.message);
    const refused = await errorOf(say(qemu.serial("com1"), "anybody there?"));
    assert.ok(refused instanceof GuestCrashed, String(refused));
  });
});

Deno.test("a guest that pulls its reset line has crashed", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("bye", "reset", { paused: true });
    await qemu.cont();
    const { text, error } = await new Ear(qemu.serial("com1")).rest();
    assert.equal(text, "bye");
    assert.ok(error instanceof GuestCrashed, String(error));
    assert.equal(error.reason, "guest-reset");
  });
});

/** Stands in for QEMU: a machine whose guest died before anybody could listen to QMP. */
const DEAD_ON_ARRIVAL = `
  const paths = Deno.args.flatMap((arg) => arg.match(/path=([^,]+)/)?.[1] ?? []);
  const [qmp] = await Promise.all(paths.map((path) => Deno.connect({ transport: "unix", path })));
  const say = (line) => qmp.write(new TextEncoder().encode(JSON.stringify(line) + "\\r\\n"));
  const answers = { "query-status": { status: "shutdown" }, "human-monitor-command": "EIP=00100020" };
  await say({ QMP: { version: { qemu: { major: 7, minor: 2, micro: 0 } }, capabilities: [] } });
  for await (const text of qmp.readable.pipeThrough(new TextDecoderStream())) {
    for (const line of text.trim().split("\\n")) {
      const { execute, id } = JSON.parse(line);
      await say({ return: answers[execute] ?? {}, id });
    }
  }`;

Deno.test("a guest that died before QMP was negotiated has crashed too", async () => {
  await inLab(async (lab) => {
    await Deno.writeTextFile(`${lab.tempDir}/dead.js`, DEAD_ON_ARRIVAL);
    const deno = `"${Deno.execPath()}" run --allow-all "${lab.tempDir}/dead.js"`;
    const binary = await lab.script(`#!/bin/sh\nexec ${deno} "$@"\n`);
    const qemu = await lab.start("never said", "halt", { binary });
    const { text, error } = await new Ear(qemu.serial("com1")).rest();
    assert.equal(text, "");
    assert.ok(error instanceof GuestCrashed, String(error));
    assert.equal(error.reason, "guest-ended");
    assert.match(error.message, /switched itself off as it began\nEIP=00100020/);
  });
});

Deno.test("a QEMU that somebody kills is an error of QEMU's, with what was said before", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("alive", "halt");
    const ear = new Ear(qemu.serial("com1"));
    await ear.hear("alive");
    Deno.kill(qemu.pid, "SIGKILL");
    const { text, error } = await ear.rest();
    assert.equal(text, "alive");
    assert.ok(error instanceof QemuError, String(error));
    assert.equal(
      error.message,
      `Cannot go on with QEMU "qemu-system-x86_64": it was killed by SIGKILL while the guest ` +
        `ran; it said nothing; look for who killed it`,
    );
    assert.ok(await errorOf(qemu.status()) instanceof QmpClosed);
    assert.match(await qemu.describe(), /^QEMU has ended/);
  });
});

Deno.test("the reset button starts the guest again, and again", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("boot.", "echo");
    const ear = new Ear(qemu.serial("com1"));
    await ear.hear("boot.");
    for (let count = 2; count <= 4; count++) {
      await soon(qemu.reset(), "the reset");
      assert.equal(await ear.hear("boot.".repeat(count)), "boot.".repeat(count));
    }
    assert.equal(await qemu.status(), "running");
  });
});

Deno.test("after a reset of ours, one of the guest's is still a crash", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("x", "echo");
    const ear = new Ear(qemu.serial("com1"));
    await ear.hear("x");
    await qemu.reset();
    await ear.hear("xx");
    // The processor's reset line, as the guest would pull it.
    await qemu.qmp.monitor("o /b 0x64 0xfe");
    assert.ok((await ear.rest()).error instanceof GuestCrashed);
  });
});

Deno.test("a power cut ends the serial port well, and QEMU at once", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("on", "halt");
    const ear = new Ear(qemu.serial("com1"));
    await ear.hear("on");
    await soon(qemu.powerCut(), "the power cut");
    assert.deepEqual(await ear.rest(), { text: "on" });
    assert.throws(() => Deno.kill(qemu.pid, "SIGCONT"));
  });
});

Deno.test("after a power cut another machine may take the name, before it none may", async () => {
  await inLab(async (lab) => {
    const first = await lab.start("on", "halt");
    const message = /^QemuError: .*: Cannot make a signal of "qemu.qmp": the channel has a source/;
    await assert.rejects(lab.start("on", "halt"), message);
    await soon(first.powerCut(), "the power cut");
    const second = await lab.start("", "halt");
    await soon(second.pause(), "the pause");
    assert.deepEqual(second.events.occurrences.map(({ kind }) => kind), ["STOP"]);
  });
});

Deno.test("quit ends QEMU in order", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("on", "halt");
    const ear = new Ear(qemu.serial("com1"));
    await ear.hear("on");
    await soon(qemu.quit(), "the end");
    assert.deepEqual(await ear.rest(), { text: "on" });
  });
});

Deno.test("a paused guest says nothing until it goes on", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("first", "echo", { paused: true });
    const ear = new Ear(qemu.serial("com1"));
    assert.equal(await qemu.status(), "prelaunch");
    await qemu.cont();
    await ear.hear("first");
    await qemu.pause();
    assert.equal(await qemu.status(), "paused");
    await say(qemu.serial("com1"), "a");
    await ear.silence();
  });
});

Deno.test("a snapshot brings back processor and memory", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("0", "count");
    const link = qemu.serial("com1");
    const ear = new Ear(link);
    await ear.hear("0");
    await say(link, "..");
    await ear.hear("012");
    await soon(qemu.snapshotSave("two"), "the first snapshot");
    await say(link, ".");
    await ear.hear("0123");
    await soon(qemu.snapshotSave("three"), "the second snapshot");
    for (const [name, next] of [["two", "3"], ["three", "4"], ["two", "3"]] as const) {
      await soon(qemu.snapshotLoad(name), `snapshot ${name}`);
      await say(link, ".");
      assert.equal((await ear.hear(next)).at(-1), next, name);
    }
  });
});

Deno.test("a snapshot that was not saved cannot be loaded", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("", "halt");
    const refusal = async () => (await errorOf(qemu.snapshotLoad("x"))).message;
    assert.equal(
      await refusal(),
      `Cannot load the snapshot "x": saved are none; call snapshotSave before`,
    );
    await qemu.snapshotSave("y");
    assert.match(await refusal(), /saved are y;/);
    assert.equal(await qemu.status(), "running");
  });
});

Deno.test("a snapshot under a name that is taken is an error, and the guest runs on", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("", "halt");
    await qemu.snapshotSave("one");
    const error = await errorOf(qemu.snapshotSave("one"));
    assert.ok(error instanceof QemuError);
    assert.match(error.message, /^Cannot execute snapshot-save "one": .*already exists.*; check/);
    assert.equal(await qemu.status(), "running");
  });
});

Deno.test("instructions can be counted", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("counted", "halt", { icount: { shift: 3, sleep: true } });
    await new Ear(qemu.serial("com1")).hear("counted");
    const [, ...lines] = commandLine(qemu.pid);
    assert.equal(lines[lines.indexOf("-icount") + 1], "shift=3,sleep=on");
  });
});

Deno.test("a refused QMP command names itself and its reason", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("", "halt");
    const error = await errorOf(qemu.qmp.execute("no-such-command"));
    assert.ok(error instanceof QmpError);
    assert.deepEqual([error.command, error.errorClass], ["no-such-command", "CommandNotFound"]);
  });
});

Deno.test("an abort kills QEMU, and the serial port ends without blaming anybody", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("on", "halt");
    const ear = new Ear(qemu.serial("com1"));
    await ear.hear("on");
    lab.abort.abort(new Error("the scenario is over"));
    assert.deepEqual(await ear.rest(), { text: "on" });
  });
});

Deno.test("an abort during the start ends it with the abort's reason", async () => {
  await inLab(async (lab) => {
    const binary = await lab.script("#!/bin/sh\nexec sleep 1000\n");
    const starting = Qemu.start({ ...fastPc(), memoryMiB: 16, binary }, lab);
    lab.abort.abort(new Error("the scenario is over"));
    assert.equal((await errorOf(starting)).message, "the scenario is over");
    assert.equal((await errorOf(lab.start("", "halt"))).message, "the scenario is over");
  });
});

Deno.test("a start that nobody waits for any more is ended by the clean-up", async () => {
  let starting: Promise<unknown> | undefined;
  await inLab(async (lab) => {
    const binary = await lab.script("#!/bin/sh\nexec sleep 1000\n");
    starting = Qemu.start({ ...fastPc(), memoryMiB: 16, binary }, lab);
    starting.catch(() => {});
  });
  assert.match((await errorOf(starting!)).message, /was killed by SIGKILL before the guest ran/);
});

Deno.test("with a disk request held, a diagnosis says so in a second, and the end is at once", async () => {
  await inLab(async (lab) => {
    const drives = [{ name: "disk0", store: new MemoryStore(2048) }];
    const path = `${lab.tempDir}/nbd`;
    const server = new NbdServer({ path, drives });
    lab.defer("close the drives", () => server.close());
    const source = { nbd: path, export: "disk0" };
    const disks = [{ bus: "ide.0", unit: 0, source }];
    const qemu = await lab.start("on", "halt", { disks });
    await new Ear(qemu.serial("com1")).hear("on");
    server.drive("disk0").hold();
    const held = new Promise<void>((resolve) => heldRead(server, resolve));
    qemu.qmp.monitor(`qemu-io disk0 "read 0 512"`).catch(() => {}); // It ends with QEMU.
    await soon(held, "the request to be held");
    const text = await soon(lab.timeline.diagnosis(), "the diagnosis");
    assert.match(text, /^qemu:\n {2}QMP gave no answer in 1 s: a held disk request blocks QEMU/);
  });
});

/** Calls back when the drive holds a request; asked again as the event loop turns. */
function heldRead(server: NbdServer, found: () => void): void {
  if (server.drive("disk0").held.length > 0) found();
  else setImmediate(() => heldRead(server, found));
}

Deno.test("a QEMU that runs is described by its state and registers", async () => {
  await inLab(async (lab) => {
    const qemu = await lab.start("on", "halt");
    await new Ear(qemu.serial("com1")).hear("on");
    assert.match(await qemu.describe(), /^running\nCPU#0\nEAX=[^]*\nEIP=0010/);
  });
});

Deno.test("what this machine has is found out", async () => {
  const here = await probeQemu();
  assert.ok(here.ok && /^\d+\.\d+/.test(here.versions!.qemu!), JSON.stringify(here));
  assert.deepEqual(await probeQemu("qemu-system-none"), {
    ok: false,
    reason: "qemu-system-none is not on the PATH",
    remedy: 'run "deno task hil doctor --install"',
  });
  await inLab(async (lab) => {
    const binary = await lab.script("#!/bin/sh\necho oh no >&2\nexit 3\n");
    const broken = await probeQemu(binary);
    assert.ok(!broken.ok && /--version exited with code 3 and said "oh no"$/.test(broken.reason));
  });
});
