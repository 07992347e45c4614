import assert from "node:assert/strict";
import { ms, seconds } from "hil";
import type { Data, Past } from "hil/time/mod.ts";
import { cachedUboot } from "./debian/mod.ts";
import { started } from "./targets/_lab.ts";
import sim from "./targets/sim.ts";
import tftp from "./targets/tftp.ts";

const EMMC = { emmc: { uboot: "bookworm" } };
/** Fetched by the set-up of the scenarios; the tests of debian/ say what is wrong without it. */
const ignore = await cachedUboot("bookworm") === undefined;

/** Moments and inputs as they are on a disk. */
interface Kept {
  readonly bytes: Uint8Array[];
  readonly moments: { readonly t: number; readonly data: string }[];
  readonly inputs: { readonly t: number; readonly input: Data }[];
}

async function lab() {
  const board = await started(sim, EMMC);
  const server = await started(tftp, { files: { "hello.txt": "hello" } }, board);
  const { clock } = board.port;
  const close = async () => {
    await server.close();
    await board.close();
  };
  return { ...board.port, clock, past: clock.past!, tftp: server.port, close };
}

function keep({ past, clock }: Awaited<ReturnType<typeof lab>>): Kept {
  const kept: Kept = { bytes: [], moments: [], inputs: [] };
  const numbers = new Map<Uint8Array, number>();
  const number = (bytes: Uint8Array) => {
    if (!numbers.has(bytes)) numbers.set(bytes, kept.bytes.push(bytes.slice()) - 1);
    return numbers.get(bytes)!;
  };
  past.onInput = (input) => {
    if (input !== undefined) kept.inputs.push({ t: clock.now(), input });
  };
  const take = () => {
    const moment = past.take();
    kept.moments.push({ t: moment.t, data: JSON.stringify(past.encode(moment, number)) });
    clock.hold!(clock.now() + ms(100).ns, () => Promise.resolve(take()));
  };
  take();
  return kept;
}

/** From the last moment before `t`, with what came in since. */
function seek(past: Past, kept: Kept, t: number): void {
  const moment = kept.moments.findLast((moment) => moment.t <= t)!;
  past.goTo(past.decode(JSON.parse(moment.data), (number) => kept.bytes[number]!));
  for (const { t: at, input } of kept.inputs) {
    if (at < moment.t || at > t) continue;
    past.runTo(at);
    past.give(input);
  }
  past.runTo(t);
}

Deno.test({
  name: "another process goes to any time of a board's past, and finds the same board to the bit",
  ignore,
  async fn() {
    const first = await lab();
    const kept = keep(first);
    const { clock, console, gpio, uboot } = first;
    const prints: { t: number; print: string }[] = [];
    const look = async () => void prints.push({ t: clock.now(), print: await first.fingerprint() });
    await first.power.on();
    await clock.until(() => undefined, ms(333));
    await look();
    await uboot.interrupt({ within: seconds(20) });
    await gpio.input(66).press({ hold: ms(40) });
    await clock.until(() => undefined, ms(17));
    await look();
    await uboot.run(`setenv serverip ${first.tftp.address}`);
    await uboot.run(`setenv ipaddr ${first.tftp.clientAddress}`);
    await uboot.run("tftp 0x82000000 hello.txt", { within: seconds(20) });
    await look();
    await clock.until(() => undefined, ms(3));
    await first.plug("out");
    await clock.until(() => undefined, ms(250));
    await look();
    const tail = console.tail(3);
    await first.close();
    assert.ok(kept.moments.length > 20 && kept.inputs.length > 5);

    const second = await lab();
    for (const { t, print } of [...prints, ...prints.toReversed()]) {
      seek(second.past, kept, t);
      assert.equal(second.clock.now(), t);
      assert.equal(await second.fingerprint(), print, `at ${t}`);
    }
    seek(second.past, kept, prints.at(-1)!.t);
    assert.match(await second.uboot.run("md.b 0x82000000 5"), /68 65 6c 6c 6f/, tail.join("\n"));
    await second.close();
  },
});

Deno.test("what comes in by no known way, or of another version, is refused", async () => {
  const { past, close } = await lab();
  assert.throws(() => past.give(["nowhere", 1]), /there is no "nowhere" here/);
  assert.throws(() => past.decode({ version: 9 }, () => new Uint8Array()), /version 9/);
  await close();
});
