/** Pins of a board on a bench, by a box that is wired to them. */
import type { Gpio, GpioInput, TargetContext } from "hil";
import { type BoxPin, boxPin, FirmataBox } from "hil/drivers/firmata/mod.ts";
import { serialLink } from "hil/drivers/serial/mod.ts";
import { seconds } from "hil/time/mod.ts";
import type { BoardOptions } from "../port.ts";
import { hostClockOf } from "./host_lab.ts";
import { channelOf, EXPANDER_PINS } from "./pin_names.ts";
import type { PinWiring } from "./serial_options.ts";

/** Longest that the box may take to answer: a rehearsal's does other things too. */
const ANSWER_LIMIT = seconds(10);

/**
 * The pins that the scenario needs, each let go; S2 is pressed when it wants that. A scenario that
 * needs none does not wait for the box.
 */
export async function serialPins(
  context: TargetContext,
  wiring: PinWiring | undefined,
): Promise<Gpio> {
  const { needs = [], s2 } = context.options as BoardOptions;
  const channels = wiring ? [...wiring.map].filter(([channel]) => needed(channel, needs)) : [];
  const button = s2 ? wiring?.s2 : undefined;
  const pins = new Map<string, BoxPin>();
  const gpio: Gpio = {
    input: (name) => found(pins, name),
    output: (name) => found(pins, name),
  };
  if (!wiring || (channels.length === 0 && button === undefined)) return gpio;
  const box = await opened(context, wiring);
  for (const [channel, pin] of channels) {
    pins.set(channel, await boxPin({ channel, pin, box, timeline: context.timeline }));
  }
  if (button !== undefined) {
    await box.watch(button, () => {});
    await box.drive(button, 0);
  }
  return gpio;
}

async function opened(context: TargetContext, { serial, latency }: PinWiring): Promise<FirmataBox> {
  const { timeline, defer } = context;
  const link = serialLink(serial);
  defer("close the pin box's port", () => link.close());
  await link.opened;
  const box = await FirmataBox.open({
    ...{ name: link.path ?? "pins", link, clock: hostClockOf(timeline) },
    ...{ latency, limit: ANSWER_LIMIT },
    onLost: (error) => timeline.fail(error),
  });
  defer("let the pins go", () => box.close());
  return box;
}

/** As scenarios say it: "gpio 66", and "expander" for all of its pins. */
function needed(channel: string, needs: NonNullable<BoardOptions["needs"]>): boolean {
  const need = EXPANDER_PINS.includes(channel) ? "expander" : channel.toLowerCase();
  return needs.some((named) => named === need);
}

function found(pins: ReadonlyMap<string, BoxPin>, name: number | string): GpioInput {
  const channel = channelOf(name);
  const pin = pins.get(channel);
  if (pin) return pin;
  const need = EXPANDER_PINS.includes(channel) ? "expander" : channel.toLowerCase();
  throw new Error(
    `Cannot reach pin "${name}": the scenario does not say that it needs it, or the bench has no ` +
      `wire to it; say beagleBone({ needs: ["${need}"] }), and wire it by "pins" in the bench file`,
  );
}
