/** Cards of a scenario, from what it says of them to blocks. */
import {
  BLOCK_SIZE,
  cardBlocksFor,
  cardImage,
  CardStorage,
  EMMC_BLOCKS,
  ImageFile,
  type SparseImage,
} from "../card/mod.ts";
import { cachedUboot, fetchUboot } from "../debian/mod.ts";
import type { CardContents, UBootRelease } from "../port.ts";

/** Registers what is to be undone at the end. */
type Defer = (what: string, undo: () => void) => void;

/** @param defer closes the user's image; needed when there may be one */
export async function emmcOf(
  contents: CardContents | undefined,
  defer?: Defer,
): Promise<CardStorage> {
  if (!contents) return new CardStorage("eMMC", EMMC_BLOCKS);
  const image = await imageOf("eMMC", contents, defer);
  return new CardStorage("eMMC", Math.max(EMMC_BLOCKS, cardBlocksFor(image.blocks)), image);
}

export async function slotOf(
  contents: CardContents | undefined,
  defer?: Defer,
): Promise<CardStorage | undefined> {
  if (!contents) return undefined;
  const image = await imageOf("SD", contents, defer);
  return new CardStorage("SD", cardBlocksFor(image.blocks), image);
}

/** @throws ImageError, DebianError or RangeError when there is no image to be made of that */
export async function imageOf(
  name: string,
  contents: CardContents,
  defer?: Defer,
): Promise<SparseImage | ImageFile> {
  const { image, sizeMiB, fatMiB, layout, files, bootScript, uboot } = contents;
  if (image !== undefined) {
    const file = await ImageFile.open(image);
    defer?.(`close ${image}`, () => file[Symbol.dispose]());
    return file;
  }
  const loader = uboot && await loaderOf(uboot);
  return cardImage({ name, sizeMiB, fatMiB, layout, files, bootScript, loader });
}

/** How large a card has to be for that. */
export async function cardBlocksOf({ image, sizeMiB = 64 }: CardContents): Promise<number> {
  const bytes = image === undefined ? sizeMiB << 20 : (await Deno.stat(image)).size;
  return cardBlocksFor(Math.ceil(bytes / BLOCK_SIZE));
}

/** Read once in a process. */
const loaders = new Map<UBootRelease, Promise<{ mlo: Uint8Array; uboot: Uint8Array }>>();

function loaderOf(release: UBootRelease): Promise<{ mlo: Uint8Array; uboot: Uint8Array }> {
  const known = loaders.get(release);
  if (known) return known;
  const loader = (async () => {
    const { mlo, uboot } = await cachedUboot(release) ?? await fetchUboot(release);
    return { mlo: await Deno.readFile(mlo), uboot: await Deno.readFile(uboot) };
  })();
  loaders.set(release, loader);
  loader.catch(() => loaders.delete(release));
  return loader;
}
