/** The rehearsal's box of pins: what an Arduino with StandardFirmata is in the lab. */
import { type DevicePin, FirmataDevice } from "hil/drivers/firmata/mod.ts";
import { openPty, type Pty } from "hil/drivers/pty/mod.ts";
import type { Board } from "../board.ts";
import { channelOf, wireOf } from "../targets/pin_names.ts";

/** @param names pins of the board, in the box's order */
export function openPinBox(board: Board, names: readonly string[]): Pty {
  const pty = openPty({ stays: true });
  const pins = names.map((name): DevicePin => {
    const wire = wireOf(board, channelOf(name));
    const driver = wire.driver("pin box");
    return {
      get level() {
        return wire.level;
      },
      drive: (level) => driver.drive(level),
      listen: (listener) => wire.listen(listener),
    };
  });
  // What it tells is to go out now, and not when the board has run on for a while.
  const onTold = () => board.clock.requestStop();
  const nowUs = () => board.clock.now() / 1000;
  new FirmataDevice({ name: "Rehearsal.ino", link: pty.master, pins, nowUs, onTold });
  return pty;
}
