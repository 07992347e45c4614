/** The file that QEMU's record and replay writes (replay/replay.c, `-icount rr=record`). */
import { QemuError } from "./error.ts";

/** REPLAY_VERSION of QEMU 6.2 to 8.1; the first dword of the file, most significant byte first. */
const REPLAY_VERSION = 0xe0200c;

/**
 * Makes the recording of a QEMU that was killed good: QEMU writes the first dword when it ends, so
 * that of a killed one is 0 and QEMU refuses to replay it. It replays up to what QEMU had written.
 *
 * @returns whether there was something to repair
 * @throws QemuError when the file is no recording
 */
export async function repairReplayLog(path: string): Promise<boolean> {
  const file = await Deno.open(path, { read: true, write: true });
  try {
    const head = new Uint8Array(4);
    const size = await file.read(head);
    const view = new DataView(head.buffer);
    const version = view.getUint32(0);
    if (size === 4 && version === REPLAY_VERSION) return false;
    if (size !== 4 || version !== 0) {
      throw new QemuError(
        `Cannot repair the recording "${path}": it begins with ${head.toHex()}, which is none of ` +
          `QEMU 6.2 to 8.1; take a file that rr=record has written`,
      );
    }
    view.setUint32(0, REPLAY_VERSION);
    await file.seek(0, Deno.SeekMode.Start);
    await file.write(head);
    return true;
  } finally {
    file.close();
  }
}
