/**
 * Pseudo-terminals: a byte link whose other end is a path that any program opens as its serial
 * port. Linux only; needs `--allow-ffi`.
 *
 * @example
 * ```ts ignore
 * const pty = openPty();
 * const program = new Deno.Command("picocom", { args: [pty.path] }).spawn();
 * await pty.master.write(new TextEncoder().encode("login: "));
 * for await (const bytes of pty.master.readable) console.log(bytes); // ends when it hangs up
 * await pty.close();
 * ```
 */
export { openPty } from "./pty.ts";
export type { Pty, PtyOptions } from "./pty.ts";
