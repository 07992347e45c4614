/**
 * What a framed command costs beyond the target's own time: `run("echo x")` of a console with
 * checked lines, its trace on disk, beside the same bytes written and read on the bare link. The
 * target is the same small program in both cases, a process on a pseudo-terminal.
 */
import { ms } from "hil";
import { hostNow } from "hil/time/mod.ts";
import { crc32 } from "node:zlib";
import { checkedLines } from "hil/drivers/console/mod.ts";
import { openPty } from "hil/drivers/pty/mod.ts";
import { atMost, type Benchmark, type BenchmarkContext, median } from "./benchmark.ts";
import { withConsole } from "./console_on_pty.ts";
import { needPython, spawnPython } from "./python.ts";

const COMMANDS_A_ROUND = 200;

export const framedCommand: Benchmark = {
  name: "command",
  title: 'run("echo x") through checked lines, beside the same bytes on the bare link',
  conditions: `Warm: one round of each. Medians of single commands, in rounds of ` +
    `${COMMANDS_A_ROUND} that alternate.`,
  async run(context) {
    await needPython("zlib", "python3");
    const { quick, progress } = context;
    const taken = { ours: [] as number[], bare: [] as number[] };
    const rounds = quick ? 3 : 9;
    for (let round = 0; round <= rounds; round++) {
      progress(round ? `round ${round} of ${rounds}` : "warms up");
      const ours = await framed(context);
      const bare = await bareLink();
      if (round === 0) continue;
      taken.ours.push(...ours);
      taken.bare.push(...bare);
    }
    const [ours, bare] = [median(taken.ours), median(taken.bare)];
    return [
      { what: "one command", unit: "ms", ours, peer: { name: "bare link", value: bare } },
      {
        what: "beyond the target's own time",
        unit: "ms",
        ours: ours - bare,
        wanted: atMost(ours - bare, 1, "ms"),
      },
    ];
  },
};

/** Milliseconds of each command by our console. */
function framed({ folder }: BenchmarkContext): Promise<number[]> {
  return withConsole({ folder, shell: checkedLines() }, async (console, path) => {
    const target = spawnPython("echo_target.py", [path]);
    await console.run("echo ready", { within: ms(10_000) });
    const times: number[] = [];
    for (let i = 0; i < COMMANDS_A_ROUND; i++) {
      const began = hostNow();
      const { output } = await console.run("echo x");
      times.push((hostNow() - began) / 1e6);
      if (output !== "x") throw new Error(`the target said "${output}", not "x"`);
    }
    await console.close();
    await target.output();
    return times;
  });
}

/** Milliseconds of each command when its bytes are only written, and read to the last line. */
async function bareLink(): Promise<number[]> {
  const { master, path, close } = openPty();
  const target = spawnPython("echo_target.py", [path]);
  const reader = master.readable.getReader();
  const times: number[] = [];
  for (let sequence = 0; sequence <= COMMANDS_A_ROUND; sequence++) {
    const line = new TextEncoder().encode(commandLine(sequence, sequence ? "echo x" : "hello"));
    const began = hostNow();
    await master.write(line);
    for (let said = ""; !/^=[^\n]*\n/m.test(said);) {
      const { value } = await reader.read();
      if (!value) throw new Error("the target has ended");
      said += new TextDecoder().decode(value);
    }
    if (sequence > 0) times.push((hostNow() - began) / 1e6);
  }
  await close();
  await target.output();
  return times;
}

function commandLine(sequence: number, text: string): string {
  const crc = crc32(`${sequence} ${text}`).toString(16).padStart(8, "0");
  return `>${sequence} ${crc} ${text}\n`;
}
