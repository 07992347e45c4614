import assert from "node:assert/strict";
import { ms } from "../../time/mod.ts";
import { Ear, errorOf, inLab, type Lab } from "./_lab.ts";
import { type Disk, Qemu, QemuError } from "./mod.ts";

/** The message of a start that fails, which must be a QemuError. */
async function failure(lab: Lab, options: Parameters<Lab["start"]>[2]): Promise<string> {
  const error = await errorOf(lab.start("never seen", "halt", options));
  assert.ok(error instanceof QemuError, `${error.stack}`);
  return error.message;
}

/** The first line of {@link failure}. */
async function sentence(lab: Lab, options: Parameters<Lab["start"]>[2]): Promise<string> {
  return (await failure(lab, options)).split("\n", 1)[0]!;
}

Deno.test("a QEMU that is not installed says how to get it", async () => {
  await inLab(async (lab) => {
    assert.equal(
      await failure(lab, { binary: "qemu-system-none" }),
      `Cannot start QEMU "qemu-system-none": it is not on the PATH; ` +
        `run "deno task hil doctor --install"`,
    );
    assert.match(await failure(lab, { binary: "/nowhere/qemu" }), /there is no such file/);
    const plain = await lab.guest("", "halt");
    assert.match(await failure(lab, { binary: plain }), /; check that it may be executed$/);
  });
});

Deno.test("a binary that only fails is quoted with its exit code", async () => {
  await inLab(async (lab) => {
    const binary = await lab.script("#!/bin/sh\necho 'libfoo.so is missing' >&2\nexit 127\n");
    assert.equal(
      await failure(lab, { binary }),
      `Cannot start QEMU "${binary}": it exited with code 127 before the guest ran; it said:\n` +
        `libfoo.so is missing`,
    );
    const silent = await lab.script("#!/bin/sh\nexit 0\n");
    assert.match(
      await failure(lab, { binary: silent }),
      /it said nothing: is it a working QEMU\?$/,
    );
  });
});

Deno.test("a binary that hangs is given up, its children notwithstanding", async () => {
  await inLab(async (lab) => {
    // Not `exec`: the shell dies, its child holds standard error open.
    const binary = await lab.script('#!/bin/sh\nsleep 1000 & echo $! > "$0.pid"\nwait\n');
    lab.defer("end the child", async () => {
      Deno.kill(Number(await Deno.readTextFile(`${binary}.pid`)), "SIGKILL");
    });
    assert.match(
      await failure(lab, { binary, startLimit: ms(300) }),
      /^Cannot start QEMU ".*": it did not answer within 300 ms; look for/,
    );
  });
});

/** A program that connects to the sockets as QEMU does and then runs `body` with `qmp`. */
async function impostor(lab: Lab, body: string): Promise<string> {
  const source = await lab.script(`
    const paths = Deno.args.join(" ").matchAll(/path=([^ ,]+)/g);
    const connect = (path) => Deno.connect({ transport: "unix", path });
    const [qmp] = await Promise.all([...paths].map(([, path]) => connect(path)));
    const say = (text) => qmp.write(new TextEncoder().encode(text));
    ${body}
    setInterval(() => {}, 1000);
  `);
  await Deno.rename(source, `${source}.js`);
  const run = `"${Deno.execPath()}" run --no-config --allow-all --unstable-net "${source}.js"`;
  return await lab.script(`#!/bin/sh\nexec ${run} "$@"\n`);
}

Deno.test("a binary that says garbage instead of QMP is no QEMU", async () => {
  await inLab(async (lab) => {
    const binary = await impostor(lab, `await say("\\x00\\xffhello there\\n");`);
    assert.match(
      await failure(lab, { binary }),
      /^Cannot start QEMU ".*": Cannot talk QMP to QEMU: it said what is no QMP: ".*hello there"; look/,
    );
  });
});

Deno.test("a binary that greets and then answers nothing is given up", async () => {
  await inLab(async (lab) => {
    const binary = await impostor(
      lab,
      `await say('{"QMP": {"version": {"qemu": {"major": 1, "minor": 2, "micro": 3}}}}\\n');`,
    );
    assert.match(
      await failure(lab, { binary, startLimit: ms(1500) }),
      /^Cannot start QEMU ".*": it did not answer within 1\.5 s/,
    );
  });
});

Deno.test("a binary that closes QMP and goes on is given up at once", async () => {
  await inLab(async (lab) => {
    const binary = await impostor(lab, `qmp.close();`);
    assert.match(
      await failure(lab, { binary }),
      /^Cannot start QEMU ".*": Cannot talk QMP to QEMU: .*; look for/,
    );
  });
});

const disk = (source: Disk["source"]): readonly Disk[] => [{ bus: "ide.0", unit: 0, source }];

Deno.test("a disk image that cannot be opened is named, with the reason", async () => {
  await inLab(async (lab) => {
    assert.equal(
      await sentence(lab, { disks: disk({ file: `${lab.tempDir}/no such, image` }) }),
      `Cannot open the disk image "${lab.tempDir}/no such, image": No such file or directory; ` +
        `check the path and its mode`,
    );
    await Deno.writeTextFile(`${lab.tempDir}/plain`, "x".repeat(4096));
    assert.match(
      await sentence(lab, { disks: disk({ file: `${lab.tempDir}/plain`, format: "qcow2" }) }),
      /^Cannot open the disk ".*plain": .*Image is not in qcow2 format; check/,
    );
    assert.match(
      await sentence(lab, { disks: disk({ nbd: `${lab.tempDir}/nobody` }) }),
      /^Cannot open the disk ".*nobody": .*Failed to connect.*No such file or directory; check/,
    );
    assert.match(
      await sentence(lab, { disks: disk({ file: lab.tempDir }) }),
      /^Cannot open the disk/,
    );
  });
});

Deno.test("a kernel that is missing, or is none, is named", async () => {
  await inLab(async (lab) => {
    const kernel = `${lab.tempDir}/no-such-kernel`;
    assert.equal(
      await sentence(lab, { kernel }),
      `Cannot load the kernel "${kernel}": No such file or directory; check the path`,
    );
    await Deno.writeTextFile(kernel, "");
    assert.match(await sentence(lab, { kernel }), /^Cannot load the kernel ".*no-such-kernel": /);
  });
});

Deno.test("a firmware that is missing is named", async () => {
  await inLab(async (lab) => {
    assert.match(
      await sentence(lab, { bios: "no-such.rom" }),
      /^Cannot load the firmware "no-such.rom": QEMU does not find it/,
    );
  });
});

Deno.test("an option that QEMU refuses is quoted", async () => {
  await inLab(async (lab) => {
    const said = await failure(lab, { machine: "no-such-machine" });
    assert.match(
      said,
      /exited with code 1 before the guest ran; it said:\n[^]*unsupported machine/,
    );
  });
});

Deno.test("a socket path that is too long says what to change", async () => {
  await inLab(async (lab) => {
    const deep = { ...lab, tempDir: `${lab.tempDir}/${"x".repeat(100)}` };
    const error = await errorOf(Qemu.start({ machine: "pc", memoryMiB: 16 }, deep));
    assert.match(error.message, /^Cannot listen on the Unix socket ".*": it has 1\d\d bytes/);
  });
});

Deno.test("four guests at once do not get in each other's way", async () => {
  await inLab(async (lab) => {
    const starts = Array.from(
      { length: 4 },
      (_, index) => lab.start(`guest ${index}.`, "halt", { name: `qemu${index}` }),
    );
    for (const [index, qemu] of (await Promise.all(starts)).entries()) {
      assert.equal(await new Ear(qemu.serial("com1")).hear("."), `guest ${index}.`);
    }
  });
});
