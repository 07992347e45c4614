/** What goes wrong with QEMU itself, and with the guest in it. */
import { registerError } from "../../record/errors.ts";

/** QEMU could not be started, or ended when nobody asked it to. */
export class QemuError extends Error {
  override readonly name = "QemuError";

  constructor(
    message: string,
    /** What QEMU wrote to its standard error. */
    readonly stderr: string = "",
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}

/** The guest ended its own life: a triple fault, a reset or a power-off that nobody asked for. */
export class GuestCrashed extends Error {
  override readonly name = "GuestCrashed";

  constructor(
    /**
     * QEMU's word for it: "guest-reset", "guest-shutdown", "guest-panic"; "guest-ended" when it
     * was one of the first two before QMP could tell which.
     */
    readonly reason: string,
    /** The processor at that moment, as QEMU prints it; empty when not to be had. */
    readonly registers: string,
  ) {
    super([crashSentence(reason), registers].filter(Boolean).join("\n"));
  }
}
registerError(QemuError, GuestCrashed);

const SENTENCES: Readonly<Record<string, string>> = {
  "guest-reset": "the guest reset itself (triple fault?)",
  "guest-shutdown": "the guest switched itself off",
  "guest-ended": "the guest reset itself (triple fault?) or switched itself off as it began",
  "guest-panic": "the guest told QEMU that it panicked",
};

function crashSentence(reason: string): string {
  return SENTENCES[reason] ?? `the guest ended itself (${reason})`;
}

/** How a process ended, for people: "exited with code 1", "was killed by SIGKILL". */
export function describeExit(status: Deno.CommandStatus): string {
  return status.signal ? `was killed by ${status.signal}` : `exited with code ${status.code}`;
}

const CAUSES: readonly (readonly [RegExp, (match: RegExpMatchArray) => string])[] = [
  [
    /Could not open '([^']*)': (.*)/,
    ([, file, why]) => `Cannot open the disk image "${file}": ${why}; check the path and its mode`,
  ],
  [
    /drive.*?(?:file=|path=)([^,\s:]+).*?: (Could not|Failed to|Image is not|Requested export|'file' driver requires)(.*)/,
    ([, file, verb, rest]) =>
      `Cannot open the disk "${file}": ${verb}${rest}; check that it is what the options say`,
  ],
  [
    /could not (?:load|open) kernel(?: file)? '?([^':]*)'?:? ?(.*)/i,
    ([, file, why]) =>
      `Cannot load the kernel "${file}": ${why || "QEMU refuses it"}; check the path`,
  ],
  [
    /(?:could not load|could not find) (?:PC )?(?:BIOS|firmware) '([^']*)'/i,
    ([, file]) => `Cannot load the firmware "${file}": QEMU does not find it; give its full path`,
  ],
];

/** The error for a QEMU that ended before the guest ran, with the cause that its words give. */
export function startFailure(
  binary: string,
  status: Deno.CommandStatus,
  stderr: string,
): QemuError {
  const said = stderr.trim();
  for (const [pattern, sentence] of CAUSES) {
    const match = said.match(pattern);
    if (match) return new QemuError(`${sentence(match)}\n${said}`, stderr);
  }
  return new QemuError(
    `Cannot start QEMU "${binary}": it ${describeExit(status)} before the guest ran; ` +
      (said ? `it said:\n${said}` : `it said nothing: is it a working QEMU?`),
    stderr,
  );
}

/** The error for a QEMU that ended by itself, or by somebody else's hand, while the guest ran. */
export function exitFailure(
  binary: string,
  status: Deno.CommandStatus,
  stderr: string,
): QemuError {
  const said = stderr.trim();
  return new QemuError(
    `Cannot go on with QEMU "${binary}": it ${describeExit(status)} while the guest ran; ` +
      (said ? `it said:\n${said}` : "it said nothing; look for who killed it"),
    stderr,
  );
}

/** The error for a binary that is not there. */
export function missingBinary(binary: string, cause: unknown): QemuError {
  const where = binary.includes("/") ? "there is no such file" : "it is not on the PATH";
  return new QemuError(
    `Cannot start QEMU "${binary}": ${where}; run "deno task hil doctor --install"`,
    "",
    { cause },
  );
}
