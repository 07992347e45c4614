/** U-Boot on a console. */
import { type CommandResult, type Console, type Duration, seconds } from "hil";
import { type UBoot, UBootError } from "../port.ts";

export const UBOOT_PROMPT = "=> ";
/** Debian's builds for the board take any key, or the space bar alone. */
const AUTOBOOT = /(?:Hit any key to stop|Press SPACE to abort) autoboot/;
/** From the key to the prompt. */
const PROMPT_LIMIT = seconds(5);

export class UBootConsole implements UBoot {
  constructor(private readonly console: Console) {}

  async interrupt({ within }: { readonly within: Duration }): Promise<UBoot> {
    await this.console.waitFor(AUTOBOOT, { within });
    await this.console.write(" ");
    await this.console.waitFor(UBOOT_PROMPT, { within: PROMPT_LIMIT });
    return this;
  }

  async run(command: string, options?: { readonly within?: Duration }): Promise<string> {
    const result = await this.attempt(command, options);
    if (result.status !== 0) throw new UBootError(command, result);
    return result.output;
  }

  attempt(command: string, options?: { readonly within?: Duration }): Promise<CommandResult> {
    return this.console.run(command, options);
  }

  async go(address: number): Promise<void> {
    await this.console.write(`go 0x${address.toString(16)}\n`);
  }
}
