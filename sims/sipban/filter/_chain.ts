/**
 * A chain of our own in iptables' raw table, which is before connection tracking: iptables(8),
 * ip6tables(8). Changes go by `iptables-restore --noflush`: a batch is all in force or not at all.
 */
import { run } from "./_process.ts";

const FOLDER = "/usr/sbin";
const PROGRAMS = { 4: "iptables", 6: "ip6tables" } as const;

export class Chain {
  readonly name: string;

  constructor(
    readonly family: 4 | 6,
    name: string,
    private readonly namespace: string | undefined,
  ) {
    this.name = name.toUpperCase();
  }

  /** Makes it empty, and leads there what comes in, once. */
  async renew(rules: readonly string[]): Promise<void> {
    // `:CHAIN` makes it, or empties it.
    const jump = await this.#jumps() ? [] : [`-I PREROUTING 1 -j ${this.name}`];
    await this.#restore([`:${this.name} - [0:0]`, ...rules.map(this.#append), ...jump]);
  }

  add(rules: readonly string[]): Promise<void> {
    return this.#restore(rules.map(this.#append));
  }

  delete(rules: readonly string[]): Promise<void> {
    return this.#restore(rules.map((rule) => `-D ${this.name} ${rule}`));
  }

  /** Its rules, as iptables spells them: "-s 203.0.113.7/32 -j DROP". Undefined: it is not there. */
  async rules(): Promise<string[] | undefined> {
    const table = await this.#table();
    if (!table.includes(`-N ${this.name}`)) return undefined;
    const begin = `-A ${this.name} `;
    return table.filter((line) => line.startsWith(begin)).map((line) => line.slice(begin.length));
  }

  async intact(): Promise<boolean> {
    const table = await this.#table();
    return table.includes(`-N ${this.name}`) && table.includes(this.#jump);
  }

  async dropped(): Promise<number> {
    const text = await this.#run("", ["-t", "raw", "-v", "-S", this.name]);
    const counts = text.matchAll(/^-A .* -c (\d+) \d+ -j DROP$/gm);
    return [...counts].reduce((sum, [, packets]) => sum + Number(packets), 0);
  }

  async remove(): Promise<void> {
    const table = await this.#table();
    const jumps = table.filter((line) => line === this.#jump);
    const lines = jumps.map(() => `-D PREROUTING -j ${this.name}`);
    if (table.includes(`-N ${this.name}`)) lines.push(`-F ${this.name}`, `-X ${this.name}`);
    await this.#restore(lines);
  }

  get #jump(): string {
    return `-A PREROUTING -j ${this.name}`;
  }

  #append = (rule: string) => `-A ${this.name} ${rule}`;

  async #jumps(): Promise<boolean> {
    return (await this.#table()).includes(this.#jump);
  }

  async #table(): Promise<string[]> {
    return (await this.#run("", ["-t", "raw", "-S"])).trim().split("\n");
  }

  async #restore(lines: readonly string[]): Promise<void> {
    if (lines.length === 0) return;
    const input = `*raw\n${lines.join("\n")}\nCOMMIT\n`;
    await this.#run("-restore", ["--noflush", "--wait"], input);
  }

  #run(suffix: string, args: readonly string[], input = ""): Promise<string> {
    const { namespace } = this;
    const program = `${FOLDER}/${PROGRAMS[this.family]}${suffix}`;
    return run(program, args, { input, ...(namespace !== undefined && { namespace }) });
  }
}

/** The end of a rule that drops what is too much of one source. */
export function rateRule(
  name: string,
  ports: readonly number[],
  perSecond: number,
  burst: number,
): string {
  return `-p udp -m multiport --dports ${ports.join(",")} -m hashlimit ` +
    `--hashlimit-above ${perSecond}/sec --hashlimit-burst ${burst} --hashlimit-mode srcip ` +
    `--hashlimit-name ${name} -j DROP`;
}
