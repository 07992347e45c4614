/**
 * A serial port as a byte link, on a stream of @serialport/stream; with `reconnect` it outlives an
 * adapter that is unplugged and comes back.
 */
import { SerialPortStream } from "@serialport/stream";
import type { ByteLink, ModemLines } from "../../ports/mod.ts";
import { type Duration, hostNow, ms, pause } from "../../time/mod.ts";
import type { LineErrors } from "./_control.ts";
import type { Parity } from "./_termios.ts";
import { DenoBinding } from "./binding.ts";
import { SerialClosed, SerialUnplugged } from "./error.ts";
import type { DenoPort } from "./port.ts";

export interface SerialLinkOptions {
  /** "/dev/ttyUSB0", or a link to it; either this or `usbSerial`. */
  readonly path?: string;
  /** Serial number of the USB adapter, whatever its path is today. */
  readonly usbSerial?: string;
  /** Which port of an adapter with several. */
  readonly usbInterface?: number;
  readonly baudHz: number;
  readonly dataBits?: 5 | 6 | 7 | 8;
  readonly stopBits?: 1 | 1.5 | 2;
  readonly parity?: Parity;
  readonly flowControl?: "none" | "rtscts" | "xonxoff";
  readonly reconnect?: Reconnect;
  /** Default: the machine's own ports. */
  readonly binding?: DenoBinding;
}

export interface Reconnect {
  /** So long it may be away. */
  readonly within: Duration;
  readonly onLost?: (error: SerialUnplugged) => void;
  readonly onBack?: (path: string) => void;
}

export interface SerialLink extends ByteLink {
  /** Resolves when the port is open; rejects with why it is not, as `readable` then does. */
  readonly opened: Promise<void>;
  /** The device's path once it is open. */
  readonly path: string | undefined;
  setBaud(baudHz: number): Promise<void>;
  sendBreak(options?: { readonly hold?: Duration }): Promise<void>;
  /** Asserts or releases those that are named. */
  setLines(lines: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<void>;
  lines(): Promise<ModemLines>;
  /** Undefined when the driver does not count. */
  lineErrors(): LineErrors | undefined;
  /** Waits until all that was written is sent. */
  drain(): Promise<void>;
  /** Drops what the driver has received and not handed over, and what it has not sent. */
  flush(): Promise<void>;
}

/**
 * Opens the port at once; what is wrong with it comes by `opened`, `readable` and `write`.
 *
 * @throws RangeError when not exactly one of `path` and `usbSerial` is given, or no flow control
 */
export function serialLink(options: SerialLinkOptions): SerialLink {
  return new StreamLink(options);
}

/** How often it is looked whether the port is back. */
const LOOK_AGAIN = ms(100);
/** Longer than a frame at any rate that people use, as tcsendbreak(3). */
const BREAK = ms(250);

type Stream = SerialPortStream<DenoBinding>;

class StreamLink implements SerialLink {
  readonly readable: ReadableStream<Uint8Array>;
  readonly opened: Promise<void>;
  readonly #options: SerialLinkOptions;
  readonly #name: string;
  readonly #flow: ReturnType<typeof flowOf>;
  readonly #baudHz: { now: number };
  #stream: Promise<Stream>;
  #current: Stream | undefined;
  #over: { readonly error?: Error } | undefined;
  #closing: Promise<void> | undefined;
  #news = Promise.withResolvers<void>();

  constructor(options: SerialLinkOptions) {
    this.#options = options;
    this.#name = nameOf(options);
    this.#flow = flowOf(this.#name, options.flowControl);
    this.#baudHz = { now: options.baudHz };
    this.#stream = this.#open();
    this.opened = this.#stream.then(() => {});
    this.opened.catch((error) => this.#end(error));
    this.readable = new ReadableStream({
      pull: (controller) => this.#pull(controller),
      cancel: () => this.close(),
    }, { highWaterMark: 0 });
  }

  get path(): string | undefined {
    return this.#current?.port?.path;
  }

  async write(data: Uint8Array): Promise<void> {
    const stream = await this.#usable("write to");
    await new Promise<void>((resolve, reject) => {
      stream.write(data, (error) => error ? reject(error) : resolve());
    });
  }

  async setBaud(baudHz: number): Promise<void> {
    await this.#port("set the rate of", (port) => port.update({ baudRate: baudHz }));
    this.#baudHz.now = baudHz;
  }

  async sendBreak({ hold = BREAK }: { readonly hold?: Duration } = {}): Promise<void> {
    await this.#port("send a break to", async (port) => {
      await port.drain();
      await port.set({ brk: true });
      await pause(hold);
      await port.set({ brk: false });
    });
  }

  setLines(lines: { readonly dtr?: boolean; readonly rts?: boolean }): Promise<void> {
    return this.#port("set lines of", (port) => port.set(lines));
  }

  lines(): Promise<ModemLines> {
    return this.#port("read lines of", (port) => port.lines());
  }

  lineErrors(): LineErrors | undefined {
    return this.#current?.port?.lineErrors();
  }

  drain(): Promise<void> {
    return this.#port("drain", (port) => port.drain());
  }

  flush(): Promise<void> {
    return this.#port("flush", (port) => port.flush());
  }

  close(): Promise<void> {
    return this.#closing ??= this.#close();
  }

  async #close(): Promise<void> {
    this.#end();
    const stream = await this.#stream.catch(() => undefined);
    await stream?.port?.close();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    for (;;) {
      const chunk: Uint8Array | null = this.#over && !this.#over.error
        ? null
        : this.#current?.read() ?? null;
      if (chunk) {
        return controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
      }
      if (this.#over?.error) return controller.error(this.#over.error);
      if (this.#over) return controller.close();
      await this.#news.promise;
    }
  }

  /** A stream whose port is open. One that lost its port is of no more use. */
  #open(): Promise<Stream> {
    const { dataBits, stopBits, parity, binding } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Stream>();
    const stream: Stream = new SerialPortStream({
      binding: binding ?? new DenoBinding(),
      ...{ path: this.#name, baudRate: this.#baudHz.now, dataBits, stopBits, parity },
      ...this.#flow,
    }, (error) => error ? reject(error) : resolve(stream));
    // After an error comes "close", by which all is said.
    stream.on("error", () => {});
    stream.on("readable", () => this.#tell());
    stream.on("close", () => this.#lost(stream));
    stream.on("open", () => {
      this.#current = stream;
      stream.read(0); // Begins to read.
    });
    return promise;
  }

  #lost(stream: Stream): void {
    if (this.#over || this.#current !== stream) return;
    const error = stream.port!.lost;
    if (!error) return this.#end();
    const { reconnect } = this.#options;
    if (!reconnect) return this.#end(error);
    this.#current = undefined;
    this.#stream = this.#comeBack(stream, error, reconnect);
    this.#stream.catch((error) => this.#end(error));
    reconnect.onLost?.(error);
  }

  async #comeBack(stream: Stream, error: SerialUnplugged, reconnect: Reconnect): Promise<Stream> {
    const { within, onBack } = reconnect;
    await stream.port!.close();
    const due = hostNow() + within.ns;
    let cause: unknown;
    while (hostNow() < due && !this.#over) {
      try {
        const next = await this.#open();
        onBack?.(next.port!.path);
        return next;
      } catch (reason) {
        cause = reason;
      }
      await pause(LOOK_AGAIN);
    }
    const port = stream.port!.info;
    throw new SerialUnplugged({
      path: error.path,
      usb: port?.vendorId !== undefined,
      usbSerial: error.usbSerial,
    }, { cause, waited: `${within}` });
  }

  async #usable(doing: string): Promise<Stream> {
    if (this.#over) throw this.#over.error ?? new SerialClosed(this.#name, doing);
    return await this.#stream;
  }

  async #port<T>(doing: string, work: (port: DenoPort) => Promise<T>): Promise<T> {
    return await work((await this.#usable(doing)).port!);
  }

  #end(error?: Error): void {
    this.#over ??= { error };
    this.#tell();
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

/** As DenoBinding knows it. */
function nameOf({ path, usbSerial, usbInterface }: SerialLinkOptions): string {
  if ((path === undefined) === (usbSerial === undefined)) {
    throw new RangeError(
      `Cannot open a serial port by path "${path}" and USB serial number "${usbSerial}": ` +
        `it takes exactly one of them; give "path" or "usbSerial"`,
    );
  }
  if (path !== undefined) return path;
  return `usb:${usbSerial}${usbInterface === undefined ? "" : `#${usbInterface}`}`;
}

const FLOWS = {
  none: { rtscts: false, xon: false, xoff: false },
  rtscts: { rtscts: true, xon: false, xoff: false },
  xonxoff: { rtscts: false, xon: true, xoff: true },
} as const;

/** Checked: it may come out of a file. */
function flowOf(name: string, flowControl: keyof typeof FLOWS = "none") {
  if (Object.hasOwn(FLOWS, flowControl)) return FLOWS[flowControl];
  throw new RangeError(
    `Cannot open the serial port "${name}": flowControl is "${flowControl}"; ` +
      `give one of ${Object.keys(FLOWS).join(", ")}`,
  );
}
