/**
 * The multiplexer of the rehearsal's card: at `/host` the card becomes an image file, at `/board` what
 * that holds is in the slot again.
 */
import { BLOCK_SIZE, type CardStorage, saveChanges, ZERO_BLOCK } from "../card/mod.ts";

/** Read at a time. */
const PART_BLOCKS = 0x800;

export class FakeMux {
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  #isHere = false;

  private constructor(private readonly card: CardStorage, private readonly file: string) {
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => this.#answer(new URL(request.url)),
    );
  }

  static async open(card: CardStorage, folder: string): Promise<FakeMux> {
    return new FakeMux(card, await Deno.makeTempFile({ dir: folder, suffix: ".img" }));
  }

  /** Where the card is while it is not in the slot, and where to switch: "http://127.0.0.1:34567". */
  get place(): { readonly device: string; readonly url: string } {
    const { hostname, port } = this.#server.addr;
    return { device: this.file, url: `http://${hostname}:${port}` };
  }

  async close(): Promise<void> {
    await this.#server.shutdown();
    await Deno.remove(this.file);
  }

  async #answer({ pathname }: URL): Promise<Response> {
    if (pathname !== "/host" && pathname !== "/board") {
      return new Response("404 Not Found", { status: 404 });
    }
    const wanted = pathname === "/host";
    if (wanted && !this.#isHere) await this.#fetch();
    if (!wanted && this.#isHere) await this.#giveBack();
    this.#isHere = wanted;
    return new Response();
  }

  async #fetch(): Promise<void> {
    await Deno.truncate(this.file, 0);
    await Deno.truncate(this.file, this.card.blocks * BLOCK_SIZE);
    await saveChanges(this.file, this.card);
  }

  async #giveBack(): Promise<void> {
    const bytes = new Uint8Array(PART_BLOCKS * BLOCK_SIZE);
    using file = await Deno.open(this.file);
    for (let at = 0, size; (size = await filled(file, bytes)) > 0; at += size / BLOCK_SIZE) {
      for (let n = 0; n < size / BLOCK_SIZE; n++) {
        const block = bytes.subarray(n * BLOCK_SIZE, (n + 1) * BLOCK_SIZE);
        const had = this.card.readBlock(at + n);
        // Most of a card was never written: that costs nothing, here too.
        if (same(block, had)) continue;
        await this.card.write(at + n, same(block, ZERO_BLOCK) ? ZERO_BLOCK : block);
      }
    }
    // While it is in the slot it is not here.
    await Deno.truncate(this.file, 0);
  }
}

/** How many bytes came; fewer than there is room only at the end. */
async function filled(file: Deno.FsFile, bytes: Uint8Array): Promise<number> {
  let size = 0;
  while (size < bytes.length) {
    const count = await file.read(bytes.subarray(size));
    if (count === null) break;
    size += count;
  }
  return size;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  for (let n = 0; n < BLOCK_SIZE; n++) if (a[n] !== b[n]) return false;
  return true;
}
