/** The ban daemon from a terminal: see `--help`. */
import {
  type Config,
  ConfigError,
  describeOptions,
  engineSettings,
  isOption,
  OPTIONS,
  readConfig,
} from "./config/mod.ts";
import { duration } from "./config/values.ts";
import { ask, Daemon, permissionsOf } from "./daemon/mod.ts";
import type { ListedBan } from "./guard/mod.ts";
import { replay } from "./replay.ts";

const HELP = `Bans who attacks a PBX, judged by the answers that the PBX gives.

Usage: deno task sipban COMMAND [option…]

  run               listens and bans until it is ended; SIGHUP reads the configuration again
  list              who is banned, for how long and why
  ban TARGET        an address or a network, now; --for 1h (0: for ever)
  unban TARGET      and nothing is held against it any more
  status            what the daemon sees and does
  permissions       the flags of deno run that a configuration needs, for a unit file
  replay FILE       what it would do about a capture (pcap, pcapng); needs --own

Options, with the same names in a file of YAML
  --config FILE     what is set there; options here go over it
  --json            list and status as they are for programs
${describeOptions()}

Lists: repeat the option, or write a,b (but of --command each word by itself). Times: seconds, or 10m, 1h, 7d.
Exit status: 0 done, 1 it could not be done, 2 wrong usage.`;

interface Line {
  readonly words: readonly string[];
  readonly options: readonly (readonly [name: string, text: string])[];
  readonly own: ReadonlyMap<string, string>;
}

/** Options of the commands, beside those of the configuration. */
const OWN = { config: true, json: false, for: true, help: false } as const;

class UsageError extends Error {
  override readonly name = "UsageError";
}

function parseLine(argv: readonly string[]): Line {
  const words: string[] = [];
  const options: [string, string][] = [];
  const own = new Map<string, string>();
  for (let at = 0; at < argv.length; at++) {
    const [, name, joined] = /^--([a-z-]+)(?:=(.*))?$/s.exec(argv[at]!) ?? [];
    if (name === undefined) {
      words.push(argv[at]!);
      continue;
    }
    const isSwitch = Object.hasOwn(OWN, name)
      ? !OWN[name as keyof typeof OWN]
      : isOption(name) && typeof OPTIONS[name].default === "boolean";
    const value = joined ?? (isSwitch ? "true" : argv[++at]);
    if (value === undefined) {
      throw new UsageError(`Cannot read --${name}: it has no value; give one`);
    }
    if (Object.hasOwn(OWN, name)) own.set(name, value);
    else options.push([name, value]);
  }
  return { words, options, own };
}

async function configOf({ options, own }: Line): Promise<Config> {
  const name = own.get("config");
  if (name === undefined) return readConfig({ options });
  const text = await read(name, "configuration", Deno.readTextFile);
  return readConfig({ options }, { name, text });
}

async function read<T>(path: string, what: string, by: (path: string) => Promise<T>): Promise<T> {
  try {
    return await by(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) throw error;
    const said = error instanceof Deno.errors.NotFound
      ? "there is no such file"
      : (error as Error).message;
    throw new UsageError(
      `Cannot read the ${what} "${path}": ${said}; name a file that can be read`,
    );
  }
}

/** Until a signal ends it. */
async function run(line: Line): Promise<void> {
  const daemon = await Daemon.start(await configOf(line));
  const { promise, resolve } = Promise.withResolvers<void>();
  const reload = async () => {
    try {
      await daemon.reload(await configOf(line));
    } catch (error) {
      console.error((error as Error).message);
    }
  };
  Deno.addSignalListener("SIGHUP", () => void reload());
  for (const signal of ["SIGTERM", "SIGINT"] as const) Deno.addSignalListener(signal, resolve);
  await promise;
  await daemon.stop();
}

function printBans(bans: readonly ListedBan[]): void {
  for (const { target, secondsLeft, level, rule } of bans) {
    const left = secondsLeft === undefined ? "for ever" : `${secondsLeft} s`;
    console.log(`${target.padEnd(40)} ${left.padEnd(12)} ${rule.padEnd(10)} ban ${level}`);
  }
}

async function command(line: Line): Promise<void> {
  const [word, target = ""] = line.words;
  const { control } = await configOf(line);
  const isJson = line.own.has("json");
  if (word === "list") {
    const bans = await ask(control, { command: word }) as ListedBan[];
    if (isJson) console.log(JSON.stringify(bans));
    else printBans(bans);
  } else if (word === "status") {
    const status = await ask(control, { command: word });
    console.log(JSON.stringify(status, null, isJson ? undefined : 2));
  } else if (target === "") {
    throw new UsageError(`Cannot ${word} nobody: no address was given; write ${word} 203.0.113.7`);
  } else if (word === "ban") {
    const time = line.own.get("for");
    const seconds = time === undefined ? {} : { seconds: timeOf(time) };
    await ask(control, { command: word, target, ...seconds });
  } else await ask(control, { command: "unban", target });
}

function timeOf(text: string): number {
  try {
    return duration(text);
  } catch (error) {
    throw new UsageError(`Cannot ban for "${text}": ${(error as Error).message}`);
  }
}

async function replayFile(line: Line): Promise<void> {
  const [, file] = line.words;
  if (file === undefined) throw new UsageError("Cannot replay nothing: name a capture file");
  const config = await configOf(line);
  if (config.own.length === 0) {
    throw new UsageError("Cannot replay: whose answers count is not known; give --own ADDRESS");
  }
  const settings = engineSettings(config, config.own);
  const { proxies } = config;
  const decisions = replay(await read(file, "capture", Deno.readFile), {
    settings,
    proxies,
    restS: config["challenge-time"],
  });
  for (const decision of decisions) console.log(JSON.stringify(decision));
}

async function permissions(line: Line): Promise<void> {
  console.log(permissionsOf(await configOf(line), line.own.get("config")).join(" "));
}

const COMMANDS: Readonly<Record<string, (line: Line) => Promise<void>>> = {
  run,
  list: command,
  status: command,
  ban: command,
  unban: command,
  replay: replayFile,
  permissions,
};

async function main(argv: readonly string[]): Promise<number> {
  try {
    const line = parseLine(argv);
    const [word] = line.words;
    if (line.own.has("help")) {
      console.log(HELP);
      return 0;
    }
    const work = word === undefined ? undefined : COMMANDS[word];
    if (!work) throw new UsageError(`Cannot do "${word ?? ""}": it is no command; --help has all`);
    await work(line);
    return 0;
  } catch (error) {
    const isUsage = error instanceof UsageError || error instanceof ConfigError;
    console.error((error as Error).message);
    if (error instanceof Deno.errors.NotCapable) {
      console.error('"sipban permissions" with the same options has the flags of deno run for it');
    }
    return isUsage ? 2 : 1;
  }
}

if (import.meta.main) Deno.exit(await main(Deno.args));
