import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { createHash } from "node:crypto";
import { clearImmediate, setImmediate } from "node:timers";
import { seconds, withLimit } from "../../time/mod.ts";
import { openPty, type Pty } from "./mod.ts";

const LIMIT = seconds(30);
const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (text: string) => new TextEncoder().encode(text);

/** Runs `body` with a terminal, closes that, and fails rather than hangs. */
async function withPty(
  options: { stays?: boolean },
  body: (pty: Pty) => Promise<void>,
): Promise<void> {
  const pty = openPty(options);
  const late = () => {
    throw new Error(`still running after ${LIMIT}`);
  };
  try {
    await withLimit(body(pty), LIMIT, late);
  } finally {
    await pty.close();
  }
}

/** A shell with the terminal as its standard input and output. */
function onSlave(pty: Pty, script: string): Deno.ChildProcess {
  const command = `exec <"$0" >"$0"; ${script}`;
  return new Deno.Command("bash", { args: ["-c", command, pty.path], stdin: "null" }).spawn();
}

/** What comes until the link ends, or until there are `size` bytes. */
async function read(pty: Pty, size = Infinity): Promise<Uint8Array> {
  const reader = pty.master.readable.getReader();
  const chunks: Uint8Array[] = [];
  for (let count = 0; count < size;) {
    const { value } = await reader.read();
    if (!value) break;
    chunks.push(value);
    count += value.length;
  }
  reader.releaseLock();
  return Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
}

const DATA = "data:application/typescript,";
const ALL_BYTES = Uint8Array.from({ length: 256 }, (_, i) => i);

Deno.test("every byte value goes through unchanged, both ways", () =>
  withPty({}, async (pty) => {
    const echo = onSlave(pty, "head -c 512");
    await pty.master.write(ALL_BYTES);
    await pty.master.write(ALL_BYTES);
    deepEqual(await read(pty), Uint8Array.of(...ALL_BYTES, ...ALL_BYTES));
    ok((await echo.status).success);
  }));

Deno.test("50 MB arrive with nothing lost, and the event loop turns meanwhile", () =>
  withPty({}, async (pty) => {
    const script = "seq -w 9999999 | head -c 50000000";
    const hash = createHash("sha256");
    const writer = onSlave(pty, script);
    let count = 0;
    let turnedAt = 0;
    let longest = 0;
    let turning = setImmediate(function turn() {
      longest = Math.max(longest, count - turnedAt);
      turnedAt = count;
      turning = setImmediate(turn);
    });
    for await (const chunk of pty.master.readable) {
      hash.update(chunk);
      count += chunk.length;
    }
    clearImmediate(turning);
    equal(count, 50_000_000);
    equal(hash.digest("hex"), await hashOf(script));
    ok(longest < 1_000_000, `${longest} bytes in one turn`);
    await writer.status;
  }));

Deno.test("what is sent waits for its reader, in order and whole", () =>
  withPty({}, async (pty) => {
    const size = 5_000_000;
    const data = Uint8Array.from({ length: size }, (_, i) => (i * 31) >> 8);
    const halves = [pty.master.write(data.slice(0, 1234)), pty.master.write(data.slice(1234))];
    onSlave(pty, `head -c ${size} | sha256sum`).status;
    await Promise.all(halves);
    const wanted = createHash("sha256").update(data).digest("hex");
    equal(text(await read(pty)).slice(0, 64), wanted);
  }));

Deno.test("the other side's end is a good end, after all that it wrote", () =>
  withPty({}, async (pty) => {
    await onSlave(pty, "printf bye").status;
    equal(text(await read(pty)), "bye");
  }));

Deno.test("a terminal that stays outlives the programs on it", () =>
  withPty({ stays: true }, async (pty) => {
    for (const word of ["one", "two"]) {
      await onSlave(pty, `printf ${word}`).status;
      equal(text(await read(pty, 3)), word);
    }
  }));

Deno.test("it is a raw terminal for stty", () =>
  withPty({ stays: true }, async (pty) => {
    const stty = new Deno.Command("stty", { args: ["-F", pty.path, "-a"] });
    const settings = text((await stty.output()).stdout);
    for (const off of ["icanon", "echo", "opost", "isig", "ixon", "icrnl"]) {
      match(settings, new RegExp(`(^|\\s)-${off}\\b`));
    }
  }));

Deno.test("two terminals keep apart", () =>
  withPty({}, (one) =>
    withPty({}, async (two) => {
      onSlave(one, "yes 1 | head -c 300000").status;
      onSlave(two, "yes 2 | head -c 300000").status;
      const [first, second] = await Promise.all([read(one), read(two)]);
      equal(text(first), "1\n".repeat(150_000));
      equal(text(second), "2\n".repeat(150_000));
    })));

Deno.test("closing ends a read that waits", () =>
  withPty({}, async (pty) => {
    const reading = read(pty);
    await pty.close();
    equal((await reading).length, 0);
    await pty.close();
  }));

Deno.test("closing ends a write that waits for room, and says so", () =>
  withPty({}, async (pty) => {
    const writing = pty.master.write(new Uint8Array(1_000_000));
    const refused = rejects(writing, {
      message: `Cannot write to the pseudo-terminal "${pty.path}": it is closed here; ` +
        `open a new one`,
    });
    await pty.close();
    await refused;
  }));

Deno.test("a write that waits for room is told that the other side hung up", () =>
  withPty({}, async (pty) => {
    const writing = pty.master.write(new Uint8Array(1_000_000));
    const refused = rejects(writing, {
      message: `Cannot write to the pseudo-terminal "${pty.path}": ` +
        `no program has it open any more; open a new one`,
    });
    await onSlave(pty, "head -c 1 >/dev/null").status;
    await refused;
  }));

Deno.test("cancelling the reader closes the terminal for the program on it", () =>
  withPty({}, async (pty) => {
    const program = onSlave(pty, "cat 2>/dev/null; exit 3");
    await pty.master.write(bytes("x"));
    const reader = pty.master.readable.getReader();
    equal(text((await reader.read()).value!), "x");
    await reader.cancel();
    equal((await program.status).code, 3);
  }));

Deno.test("without the permission for FFI the message names it", async () => {
  const script = `import { openPty } from ${JSON.stringify(import.meta.resolve("./mod.ts"))};
    try { openPty() } catch (error) { console.log(error.message) }`;
  const { stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-lock", "--no-config", DATA + encodeURIComponent(script)],
  }).output();
  equal(
    text(stdout),
    'Cannot open the pseudo-terminal "/dev/ptmx": ' +
      "Deno may not call the C library; run it with --allow-ffi\n",
  );
});

Deno.test("opening and closing many leaves no descriptor and no terminal behind", async () => {
  const before = await openDescriptors();
  const paths = new Set<string>();
  for (let i = 0; i < 50; i++) {
    const pty = openPty({ stays: i % 2 === 0 });
    paths.add(pty.path);
    const reading = read(pty);
    await pty.close();
    await reading;
  }
  equal(await openDescriptors(), before);
  ok(paths.size < 50, "numbers of terminals are used again");
});

/** Terminals and eventfds of this process; Deno itself may look into /proc only with --allow-all. */
async function openDescriptors(): Promise<number> {
  const command = new Deno.Command("ls", { args: ["-l", `/proc/${Deno.pid}/fd`] });
  return text((await command.output()).stdout).match(/ptmx|pts|eventfd/g)?.length ?? 0;
}

async function hashOf(script: string): Promise<string> {
  const { stdout } = await new Deno.Command("bash", { args: ["-c", script] }).output();
  return createHash("sha256").update(stdout).digest("hex");
}
