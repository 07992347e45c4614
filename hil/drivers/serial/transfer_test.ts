/** The links beside programs that are not ours: XMODEM with lrzsz, and tio as the terminal. */
import { equal, ok } from "node:assert/strict";
import { bytes, hashOf, limited, noise, Reading, text, withNullModem } from "./_wire.ts";
import { receiveXmodem, sendXmodem } from "./_xmodem.ts";
import { type SerialLink, serialLink } from "./mod.ts";

const SIZE = 128 * 40;

async function withLink(path: string, body: (link: SerialLink) => Promise<void>): Promise<void> {
  const link = serialLink({ path, baudHz: 115_200 });
  await link.opened;
  try {
    await limited(body(link));
  } finally {
    await link.close();
  }
}

/** A program with a terminal as its standard input and output, as lrzsz wants it. */
function onTerminal(path: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command("bash", {
    args: ["-c", 'exec <"$0" >"$0"; exec "$@"', path, ...args],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

async function withFile(body: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempFile({ prefix: "hil-serial-" });
  try {
    await body(path);
  } finally {
    await Deno.remove(path);
  }
}

for (const [how, flags] of [["CRC", ["-c"]], ["checksums", []]] as const) {
  Deno.test(`what lrzsz's rx receives from us with ${how} is what we sent`, () =>
    withFile((file) =>
      withNullModem((ours, theirs) =>
        withLink(ours, async (link) => {
          const data = noise(SIZE, 7);
          const rx = onTerminal(theirs, ["rx", "-b", ...flags, file]);
          await sendXmodem(link, data, rx.status);
          ok((await rx.status).success);
          equal(hashOf(await Deno.readFile(file)), hashOf(data));
        })
      )
    ));
}

Deno.test("what lrzsz's sx sends us is what we receive", () =>
  withFile((file) =>
    withNullModem((ours, theirs) =>
      withLink(ours, async (link) => {
        const data = noise(SIZE, 8);
        await Deno.writeFile(file, data);
        const sx = onTerminal(theirs, ["sx", "-b", file]);
        equal(hashOf(await receiveXmodem(link)), hashOf(data));
        ok((await sx.status).success);
      })
    )
  ));

Deno.test("tio talks with a link, and each finds the other's port taken", () =>
  withNullModem((ours, theirs) =>
    withLink(ours, async (link) => {
      // tio wants a terminal for itself; script gives it one.
      const tio = new Deno.Command("script", {
        args: ["-qec", `tio --no-autoconnect ${theirs}`, "/dev/null"],
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const keys = tio.stdin.getWriter();
      const screen = new Screen(tio.stdout);
      await screen.until("Connected");
      await link.write(bytes("U-Boot 2024.01\r\n"));
      await screen.until("U-Boot 2024.01");
      await keys.write(bytes("printenv\r"));
      equal(text(await new Reading(link).take(9)), "printenv\r");

      const taken = serialLink({ path: theirs, baudHz: 115_200 });
      const refusal = await taken.opened.catch((error) => error);
      ok(/"tio --no-autoconnect \S+" \(process \d+\) has it; end that$/.test(refusal.message));
      const other = await new Deno.Command("script", {
        args: ["-qec", `tio --no-autoconnect ${ours}`, "/dev/null"],
        stdin: "null",
      }).output();
      ok(
        /locked by another process|Could not (open|lock)/.test(text(other.stdout)),
        text(other.stdout),
      );

      await keys.write(bytes("\x14q"));
      await keys.close();
      await screen.until("Disconnected");
      ok((await tio.status).success);
    })
  ));

/** What a program prints. */
class Screen {
  #said = "";
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;

  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
  }

  async until(wanted: string): Promise<void> {
    while (!this.#said.includes(wanted)) {
      const { value } = await this.#reader.read();
      if (!value) throw new Error(`"${wanted}" was not printed, but:\n${this.#said}`);
      this.#said += text(value);
    }
  }
}
