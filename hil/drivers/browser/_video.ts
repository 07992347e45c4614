/**
 * What a page shows, as a film that any player plays without a codec of its own: Motion JPEG in AVI
 * ("OpenDML AVI File Format Extensions" 1.02, section 4). Playwright's own films need its ffmpeg.
 */
import type { Page } from "playwright-core";

const FRAMES_PER_S = 5;
/** 10 minutes, some 100 MB at the most; what comes then is left out. */
const MOST_FRAMES = 3_000;

interface Size {
  readonly width: number;
  readonly height: number;
}

export class Video {
  readonly #frames: Uint8Array[] = [];
  #beganMs: number | undefined;

  private constructor(private readonly page: Page, private readonly size: Size) {}

  static async start(page: Page, size: Size): Promise<Video> {
    const video = new Video(page, size);
    await page.screencast.start({
      ...{ size, fps: FRAMES_PER_S, quality: 70 },
      onFrame: ({ data, timestamp }) => video.#add(new Uint8Array(data), timestamp),
    });
    return video;
  }

  /** The film so far; undefined when the page has shown nothing. */
  async stop(): Promise<Uint8Array | undefined> {
    await this.page.screencast.stop().catch(() => {}); // The page is gone.
    return this.#frames.length === 0 ? undefined : avi(this.#frames, this.size);
  }

  /** In its place by its time: an empty frame shows the one before it again. */
  #add(jpeg: Uint8Array, timestampMs: number): void {
    this.#beganMs ??= timestampMs;
    const place = Math.round((timestampMs - this.#beganMs) / 1e3 * FRAMES_PER_S);
    if (place >= MOST_FRAMES) return;
    while (this.#frames.length < place) this.#frames.push(new Uint8Array(0));
    this.#frames[place] = jpeg;
  }
}

function avi(frames: readonly Uint8Array[], size: Size): Uint8Array {
  const { width, height } = size;
  const [HAS_INDEX, KEY_FRAME] = [0x10, 0x10];
  const most = frames.reduce((most, { length }) => Math.max(most, length), 0);
  const header = chunk(
    "avih",
    numbers(
      ...[1e6 / FRAMES_PER_S, most * FRAMES_PER_S, 0, HAS_INDEX, frames.length, 0, 1, most],
      ...[width, height, 0, 0, 0, 0],
    ),
  );
  const stream = chunk(
    "strh",
    join([
      ascii("vidsMJPG"),
      numbers(0, 0, 0, 1, FRAMES_PER_S, 0, frames.length, most, 0xffff_ffff, 0),
      numbers(0, width | height << 16),
    ]),
  );
  const bitmap = numbers(40, width, height, 1 | 24 << 16);
  const format = chunk(
    "strf",
    join([bitmap, ascii("MJPG"), numbers(width * height * 3, 0, 0, 0, 0)]),
  );
  const chunks = frames.map((frame) => chunk("00dc", frame));
  let at = 4;
  const index = frames.map((frame, n) => {
    const entry = join([ascii("00dc"), numbers(frame.length ? KEY_FRAME : 0, at, frame.length)]);
    at += chunks[n]!.length;
    return entry;
  });
  return chunk(
    "RIFF",
    join([
      ascii("AVI "),
      list("hdrl", join([header, list("strl", join([stream, format]))])),
      list("movi", join(chunks)),
      chunk("idx1", join(index)),
    ]),
  );
}

function list(name: string, contents: Uint8Array): Uint8Array {
  return chunk("LIST", join([ascii(name), contents]));
}

function chunk(name: string, contents: Uint8Array): Uint8Array {
  return join([
    ascii(name),
    numbers(contents.length),
    contents,
    new Uint8Array(contents.length % 2),
  ]);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** Each in 32 bits, the lowest byte first. */
function numbers(...values: readonly number[]): Uint8Array {
  const view = new DataView(new ArrayBuffer(values.length * 4));
  values.forEach((value, n) => view.setUint32(n * 4, value, true));
  return new Uint8Array(view.buffer);
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
