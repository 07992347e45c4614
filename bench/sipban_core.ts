/** The ban daemon's eyes and core on a flood: CPU a packet and memory, beside a Perl script's count. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { FrameSource } from "sims/sip/flood/mod.ts";
import { alternate, atMost, type Benchmark, type BenchmarkContext } from "./benchmark.ts";

interface Watched {
  readonly usPerPacket: number;
  readonly rssMb: number;
}

export const sipbanCore: Benchmark = {
  name: "sipban core",
  title:
    "packets through the ban daemon's watcher and engine, beside a Perl script's regular expressions",
  conditions:
    "CPU time without capture; REGISTER and its 401 by turns (340 and 480 bytes), each a new " +
    "transaction; a process of its own each",
  async run(context) {
    const frames = await writeFrames(context);
    const watched = new Map<number, Watched>();
    const rounds = context.quick ? 200_000 : 1_000_000;
    const ours = (sources: number) => async () => {
      context.progress(`${sources} sources`);
      const result = await watch(sources, rounds);
      watched.set(sources, result);
      return result.usPerPacket;
    };
    const { one, many, peer } = await alternate(context.quick ? 1 : 3, {
      one: ours(1),
      many: ours(1_000_000),
      peer: () => perl(frames),
    });
    const value = { name: "Perl", value: peer };
    const { rssMb } = watched.get(1_000_000)!;
    return [
      {
        what: "one source",
        unit: "µs/packet",
        ours: one,
        peer: value,
        wanted: atMost(one, 1, "µs"),
      },
      {
        what: "a million sources",
        unit: "µs/packet",
        ours: many,
        peer: value,
        wanted: atMost(many, 1, "µs"),
      },
      {
        what: "memory, a million sources",
        unit: "MB",
        ours: rssMb,
        wanted: atMost(rssMb, 150, "MB"),
      },
    ];
  },
};

async function watch(sources: number, rounds: number): Promise<Watched> {
  const script = fileURLToPath(new URL("sipban_watch.ts", import.meta.url));
  return await outputOf(Deno.execPath(), ["run", script, `${sources}`, `${rounds}`]);
}

async function perl(frames: string): Promise<number> {
  const script = fileURLToPath(new URL("sipban_count.pl", import.meta.url));
  return (await outputOf<Watched>("perl", [script, frames])).usPerPacket;
}

async function outputOf<T>(program: string, args: readonly string[]): Promise<T> {
  const { stdout, stderr, success } = await new Deno.Command(program, { args: [...args] }).output();
  if (success) return JSON.parse(new TextDecoder().decode(stdout));
  throw new Error(`Cannot measure with "${program}": ${new TextDecoder().decode(stderr)}`);
}

/** The same frames for the script. */
async function writeFrames({ folder, quick }: BenchmarkContext): Promise<string> {
  const shape = {
    ...{ pbx: "198.51.100.1", from: "100.64.0.0", sources: 1_000_000, seed: 6 },
    targetMac: "02:00:00:00:00:02",
  };
  const kinds = (["REGISTER", "401"] as const).map((kind) => new FrameSource({ ...shape, kind }));
  const rounds = quick ? 20_000 : 100_000;
  const each = kinds.reduce((sum, { size }) => sum + 4 + size, 0);
  const all = new Uint8Array(rounds * each);
  let at = 0;
  for (let i = 0; i < rounds; i++) {
    for (const kind of kinds) {
      new DataView(all.buffer).setUint32(at, kind.size);
      const frame = all.subarray(at + 4, at += 4 + kind.size);
      kind.fill(frame);
      kind.patch(frame);
    }
  }
  const path = join(folder, "sipban.frames");
  await Deno.writeFile(path, all);
  return path;
}
