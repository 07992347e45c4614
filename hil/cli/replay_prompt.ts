/** The prompt of `hil replay`, at a moment at which everything stands still. */
import { suggestion } from "../bench/mod.ts";
import type { Ask, Move, Stop } from "../replay/seek/mod.ts";
import { plainText } from "../report/mod.ts";
import { UsageError } from "./command_line.ts";
import { print } from "./output.ts";
import type { CommandInput } from "./replay_input.ts";
import { completions, evaluate, membersOf } from "./replay_js.ts";
import { goalOf, timeOf } from "./replay_options.ts";
import { differenceLines, eventLine, plain, stopLines, timeText } from "./replay_text.ts";

interface Command {
  readonly usage: string;
  readonly help: string;
  /** Gives where to go, or nothing when it stays. */
  run(stop: Stop, rest: string): Move | void | Promise<void>;
}

const EVENTS = 10;
const LINES = 20;

/** By name; `alias` are short ones. */
const COMMANDS: Readonly<Record<string, Command>> = {
  where: {
    usage: "where",
    help: "the time, the event, what runs",
    run: (stop) => stopLines(stop).forEach(print),
  },
  events: {
    usage: "events [N]",
    help: `the last events; default ${EVENTS}`,
    run: ({ view }, rest) => view.events(count(rest, EVENTS)).map(eventLine).forEach(print),
  },
  consoles: {
    usage: "consoles",
    help: "what each console said last",
    run: ({ view }) => {
      for (const name of view.consoles) print(`${name}: ${plain(view.tail(name, 1)[0] ?? "")}`);
      if (view.consoles.length === 0) print("no console has said anything");
    },
  },
  tail: {
    usage: "tail [CONSOLE] [N]",
    help: `its last lines; default ${LINES}`,
    run: ({ view }, rest) => tail(view, rest),
  },
  signals: {
    usage: "signals [NAME]",
    help: "each channel with its last event",
    run: ({ view }, rest) => {
      const found = view.channels.filter(({ channel }) => channel.includes(rest));
      for (const { last, count } of found) print(`${eventLine(last)}  (${count} so far)`);
      if (found.length === 0) print("nothing has come on such a channel");
    },
  },
  ports: {
    usage: "ports",
    help: "what js has in its scope, and what that offers",
    run: ({ ports }) => {
      for (const [name, port] of Object.entries(ports)) print(`${name}: ${membersOf(port)}`);
      if (Object.keys(ports).length === 0) print("no target is alive here");
    },
  },
  js: {
    usage: "js EXPRESSION",
    help: "evaluates it with the ports, ms, seconds … in scope; of what it awaits, time passes",
    run: (stop, rest) => evaluate(stop, rest),
  },
  diff: {
    usage: "diff",
    help: "the first thing that is not as it was recorded",
    run: ({ difference }) => {
      if (difference) differenceLines(difference).forEach(print);
      else print("all is as it was recorded, so far");
    },
  },
  step: {
    usage: "step",
    help: "goes on to the next event",
    run: ({ view }) => ({ to: "event", seq: view.seq + 1 }),
  },
  next: {
    usage: "next",
    help: "goes on to the next step of the scenario",
    run: () => ({ to: "step" }),
  },
  until: {
    usage: "until T",
    help: "goes to a time (12.348s), or an event (#123), forward or back",
    run: (_, rest) => goalOf(rest),
  },
  back: {
    usage: "back [DURATION]",
    help: "goes back by that; default: to the time of the events before",
    run: (stop, rest) => back(stop, rest),
  },
  continue: { usage: "continue", help: "goes on to the end", run: () => ({ to: "end" }) },
  quit: { usage: "quit", help: "ends it here, as Ctrl-D does", run: () => ({ to: "quit" }) },
};

const ALIASES: Readonly<Record<string, string>> = {
  ...{ s: "step", n: "next", u: "until", b: "back", c: "continue", q: "quit", exit: "quit" },
  ...{ w: "where", e: "events", t: "tail", entries: "ports", "?": "help" },
};

const NAMES = [...Object.keys(COMMANDS), "help"];

/** Asks at each stop until something moves. */
export function prompt(input: CommandInput): Ask {
  return async (stop) => {
    stopLines(stop).forEach(print);
    for (;;) {
      const line = await input.ask("replay> ", (text) => completions(text, stop, NAMES));
      if (line === undefined) return { to: "quit" };
      const move = await obey(line.trim(), stop);
      if (move && !(move.to !== "quit" && stuck(move, stop))) return move;
    }
  };
}

function stuck(move: Move, { over, view, t }: Stop): boolean {
  const forward = move.to === "end" || move.to === "step" ||
    (move.to === "event" && move.seq > view.seq) || (move.to === "time" && move.t > t);
  if (over && forward) print('nothing comes after this: go back with "back" or "until", or "quit"');
  return over && forward;
}

async function obey(line: string, stop: Stop): Promise<Move | void> {
  const [, typed = "", rest = ""] = line.match(/^(\S+)\s*(.*)$/s) ?? [];
  if (typed === "") return;
  const name = Object.hasOwn(ALIASES, typed) ? ALIASES[typed]! : typed;
  if (name === "help") return help();
  if (!Object.hasOwn(COMMANDS, name)) {
    return print(`There is no "${typed}"; ${suggestion(typed, NAMES)}`);
  }
  try {
    return await COMMANDS[name]!.run(stop, rest);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print(error.message);
  }
}

function help(): void {
  const width = Math.max(...Object.values(COMMANDS).map(({ usage }) => usage.length));
  for (const { usage, help } of Object.values(COMMANDS)) print(`  ${usage.padEnd(width)}  ${help}`);
}

function tail(view: Stop["view"], rest: string): void {
  const words = rest.split(/\s+/).filter(Boolean);
  const lines = /^\d+$/.test(words.at(-1) ?? "") ? count(words.pop()!, LINES) : LINES;
  const names = words.length > 0 ? words : view.consoles;
  for (const name of names) {
    if (!view.consoles.includes(name)) {
      const known = view.consoles.length > 0
        ? suggestion(name, view.consoles)
        : "none has said anything so far";
      print(`There is no console "${name}"; ${known}`);
      continue;
    }
    if (names.length > 1) print(`${name}:`);
    for (const text of view.tail(name, lines)) print(`  ${plainText(text)}`);
  }
}

/** Events of one time happen at once. */
function back({ view, t, touched }: Stop, rest: string): Move {
  if (rest === "") {
    const now = view.last?.t ?? t;
    const before = view.events(Infinity).findLast((event) => event.t < now);
    // What you had done has numbers of its own.
    if (touched()) return { to: "time", t: before?.t ?? 0 };
    return { to: "event", seq: before?.seq ?? 1 };
  }
  if (rest.startsWith("#")) return goalOf(rest);
  const ns = timeOf(rest);
  if (ns === undefined) {
    throw new UsageError(`Cannot go back by "${rest}": that is no duration; write 5ms or 1.5s`);
  }
  return { to: "time", t: Math.max(0, t - ns) };
}

function count(text: string, fallback: number): number {
  if (text === "") return fallback;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new UsageError(`Cannot show "${text}": that is no number; write for example ${fallback}`);
}

/** For who is told how far it is. */
export function progressText(t: number, goal: Move): string {
  return goal.to === "time" ? `at ${timeText(t)} of ${timeText(goal.t)}` : `at ${timeText(t)}`;
}
