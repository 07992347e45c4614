import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { SdMux } from "hil/drivers/sd_mux.ts";
import { CardStorage } from "../card/mod.ts";
import { FakeMux } from "./mux.ts";

const SWITCH = fileURLToPath(new URL("switch_mux.ts", import.meta.url));

Deno.test("the card is written here by the driver for real ones, and is in the slot afterwards", async () => {
  const folder = await Deno.makeTempDir({ prefix: "hil-mux-" });
  const slot = new CardStorage("SD", 5000);
  const block = (fill: number) => new Uint8Array(512).fill(fill);
  await slot.write(4999, block(9));
  const mux = await FakeMux.open(slot, folder);
  const { device, url } = mux.place;
  const command = (where: string) => [
    ...[Deno.execPath(), "run", "--quiet", "--no-check", "--allow-net=127.0.0.1"],
    ...[SWITCH, `${url}/${where}`],
  ];
  const options = { name: "SD", device, toHost: command("host"), toBoard: command("board") };
  const card = await SdMux.open(options);
  assert.equal(card.blocks, 5000);
  await card.write(2047, new Uint8Array([...block(1), ...block(2)]));
  assert.deepEqual(await slot.read(2047, 2), new Uint8Array([...block(1), ...block(2)]));
  assert.equal((await Deno.stat(device)).size, 0, "what is in the slot is not here");
  await slot.write(2047, block(0));
  assert.deepEqual(await card.read(2047), block(0), "what the board has written");
  assert.deepEqual(await card.read(4999), block(9));
  await card.write(4999, block(0));
  assert.deepEqual(await slot.read(4999), block(0), "zeros count too");
  await assert.rejects(
    SdMux.open({ ...options, toHost: command("nowhere") }),
    /ended with 1 and said "404 Not Found"/,
  );
  await mux.close();
  assert.deepEqual([...Deno.readDirSync(folder)], []);
  await Deno.remove(folder);
});
