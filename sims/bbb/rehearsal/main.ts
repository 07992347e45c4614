/**
 * A board to rehearse a bench with: simulated, in a process of its own, with pseudo-terminals for its
 * serial ports and a relay on the loopback network for its power. Whoever uses it uses what it would
 * use for a real one. Its network stays in here: it serves files on it when told to.
 *
 * Its argument is a folder for the card while that is not in the slot. It ends when its standard
 * input does, so it does not outlive who has started it.
 */
import type { Pty } from "hil/drivers/pty/mod.ts";
import { VirtualClock } from "sims/engine/mod.ts";
import { Board } from "../board.ts";
import { WasmTier } from "../cpu/jit/mod.ts";
import { rootOf, serveLab, tftpHappening } from "../lab_server.ts";
import { Live } from "../live.ts";
import { Lan } from "../net/mod.ts";
import { CardStorage } from "../card/mod.ts";
import { emmcOf } from "../targets/cards.ts";
import { type Asked, format, linesOf, parse, type Question, type Told } from "./messages.ts";
import { FakeMux } from "./mux.ts";
import { openPinBox } from "./pin_box.ts";
import { FakeRelay } from "./relay.ts";

/** How a question is answered. */
type Answers = {
  readonly [K in keyof Asked]: (ask: Asked[K]["ask"]) => Promise<Asked[K]["answer"]>;
};

class Rehearsal {
  readonly #clock = new VirtualClock("board");
  readonly #lan = new Lan({ name: "lan", clock: this.#clock });
  #live: Live | undefined;
  #relay: FakeRelay | undefined;
  #box: Pty | undefined;
  #mux: FakeMux | undefined;

  constructor(
    private readonly folder: string,
    private readonly tell: (message: Told) => void,
  ) {}

  readonly #answers: Answers = {
    board: (ask) => this.#board(ask),
    serve: ({ options }) => {
      const onEvent = (event: Parameters<typeof tftpHappening>[0]) => {
        const happening = tftpHappening(event);
        if (happening) this.tell({ type: "tftp", ...happening });
      };
      serveLab({ clock: this.#clock, lan: this.#lan, root: rootOf(options), onEvent });
      return Promise.resolve(null);
    },
  };

  async answer(question: Question): Promise<void> {
    const { id, name } = question;
    try {
      const answer = await (this.#answers[name] as (ask: unknown) => ReturnType<Answers[never]>)(
        question,
      );
      this.tell({ type: "answer", id, answer });
    } catch (error) {
      this.tell({ type: "refusal", id, why: (error as Error).message });
    }
  }

  async end(): Promise<void> {
    await this.#relay?.close();
    await this.#box?.close();
    await this.#mux?.close();
    await this.#live?.stop();
  }

  async #board(
    { options, uarts, pins, sdBlocks, speed }: Asked["board"]["ask"],
  ): Promise<Asked["board"]["answer"]> {
    const emmc = await emmcOf(options.emmc);
    const sd = sdBlocks === undefined ? undefined : new CardStorage("SD", sdBlocks);
    const mux = this.#mux = sd && await FakeMux.open(sd, this.folder);
    const board = new Board({ clock: this.#clock, emmc, sd, lan: this.#lan.port("board") });
    board.cpu.tier = new WasmTier(board.cpu.core);
    board.s2Held = options.s2 ?? false;
    board.onNote = ({ device, text }) => this.tell({ type: "rom", note: `${device}: ${text}` });
    const live = this.#live = new Live(board, { speed });
    const paths = uarts.map((n) => [n, live.pty(n)] as const);
    const relay = this.#relay = new FakeRelay({
      onSwitch: (on) => on ? board.powerOn() : live.powerCut(),
    });
    const { path: box } = this.#box = openPinBox(board, pins);
    void live.run();
    return { uarts: Object.fromEntries(paths), box, mux: mux?.place, relay: relay.url };
  }
}

if (import.meta.main) {
  // A terminal's Ctrl-C comes to the whole group; who has started us says when it is over.
  Deno.addSignalListener("SIGINT", () => {});
  const rehearsal = new Rehearsal(Deno.args[0]!, (message) => {
    for (let left = format(message); left.length > 0;) {
      left = left.subarray(Deno.stdout.writeSync(left));
    }
  });
  for await (const line of linesOf(Deno.stdin.readable)) {
    void rehearsal.answer(parse<Question>(line));
  }
  await rehearsal.end();
  Deno.exit(0);
}
