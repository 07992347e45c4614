/**
 * The target "capture" of the role "pbx": a PBX's wire, played from a file on virtual time, as
 * `--use pbx=capture:FILE.pcapng`. Options: `own`, the PBX's addresses; by default who answers
 * REGISTER in the file.
 */
import { resolve } from "node:path";
import { defineTarget } from "hil";
import { type CapturedPacket, CaptureFileError, readCapture } from "hil/drivers/pcap/mod.ts";
import { PlayedPbx, registrarsIn } from "../captured_pbx.ts";
import type { CapturedPbx } from "../port.ts";

interface CaptureTargetOptions {
  /** What stands behind the colon of `--use pbx=capture:FILE`. */
  readonly argument?: string;
  readonly own?: readonly string[];
}

export default defineTarget<CapturedPbx>({
  title: "capture of a PBX's wire, played on virtual time",
  offers: ["capture"],
  argument: "FILE.pcapng",
  availability: () => ({ ok: true }),
  async start({ timeline, options }): Promise<CapturedPbx> {
    const { argument, own: said } = options as CaptureTargetOptions;
    if (argument === undefined) {
      throw new TypeError(
        "Cannot play a capture: no file is named; write --use pbx=capture:FILE.pcapng",
      );
    }
    const capture = await read(argument);
    const packets = packetsIn(argument, capture);
    const own = said ?? registrarsIn(packets);
    if (own.length === 0) {
      throw new Error(
        `Cannot tell whose capture "${argument}" is: nobody answers REGISTER in its ` +
          `${packets.length} packets; name the PBX's addresses in the target's option "own"`,
      );
    }
    return new PlayedPbx({ capture, packets, own, timeline });
  },
});

async function read(name: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(typedPath(name));
  } catch (cause) {
    const isThere = !(cause instanceof Deno.errors.NotFound);
    throw new Error(
      `Cannot play the capture "${name}": ` +
        `${isThere ? "it cannot be read" : "there is no such file"}; name a file that can be read`,
      { cause },
    );
  }
}

function packetsIn(name: string, file: Uint8Array): CapturedPacket[] {
  try {
    return [...readCapture(file)];
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    const { what, at } = error;
    throw new Error(
      `Cannot play the capture "${name}": ${what}, at byte ${at} of ${file.length}; ` +
        `capture again, or repair it with editcap`,
      { cause: error },
    );
  }
}

/** From where the user is: `deno task` runs everything at the root, and says so. */
function typedPath(path: string): string {
  return resolve(Deno.env.get("INIT_CWD") || Deno.cwd(), path);
}
