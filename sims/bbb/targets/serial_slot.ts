/** The card slot of a board on a bench that has a multiplexer for it. */
import type { Storage, TargetContext } from "hil";
import { SdMux } from "hil/drivers/sd_mux.ts";
import { BLOCK_SIZE, type BlockSource } from "../card/mod.ts";
import type { BoardOptions } from "../port.ts";
import { imageOf } from "./cards.ts";
import type { SerialWiring } from "./serial_options.ts";

/** Written at a time: 16 MiB. */
const PART_BLOCKS = 0x8000;

/**
 * What the scenario wants in the slot, written to the card; without a word of it the slot is empty.
 * The board must be off.
 */
export async function slotOnBench(
  context: TargetContext,
  { sd }: SerialWiring,
  mayBeOn: () => boolean,
): Promise<Storage | undefined> {
  const contents = (context.options as BoardOptions).sd;
  if (!sd) return undefined;
  const card = await SdMux.open(sd);
  // A card that was prepared by hand is one that is written here: the harness has it.
  if (!contents) {
    await card.takeAway();
    return undefined;
  }
  const image = await imageOf("SD", contents, context.defer);
  await writeImage(card, image);
  return whileOff(card, mayBeOn);
}

async function writeImage(card: SdMux, image: BlockSource): Promise<void> {
  if (image.blocks > card.blocks) {
    throw new RangeError(
      `Cannot write the image "${image.name}" to the card ${card.name}: it has ${image.blocks} ` +
        `blocks and the card ${card.blocks}; put in a larger card, or make a smaller image`,
    );
  }
  for (let at = 0; at < image.blocks; at += PART_BLOCKS) {
    const count = Math.min(PART_BLOCKS, image.blocks - at);
    const bytes = new Uint8Array(count * BLOCK_SIZE);
    for (let n = 0; n < count; n++) bytes.set(image.readBlock(at + n), n * BLOCK_SIZE);
    await card.write(at, bytes);
  }
}

/** A card that is taken from a board that runs is a fault, not a look. */
function whileOff(card: SdMux, mayBeOn: () => boolean): Storage {
  const checked = <T>(doing: string, work: () => Promise<T>): Promise<T> => {
    if (!mayBeOn()) return work();
    return Promise.reject(
      new Error(
        `Cannot ${doing} the card "${card.name}": the board may have power, and would lose it; ` +
          `await board.off() first`,
      ),
    );
  };
  return {
    name: card.name,
    blocks: card.blocks,
    read: (block, count) => checked("read", () => card.read(block, count)),
    write: (block, bytes) => checked("write", () => card.write(block, bytes)),
  };
}
