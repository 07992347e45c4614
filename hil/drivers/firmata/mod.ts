/**
 * Pins of a target by a box that speaks Firmata (firmata/protocol, version 2.5) over a serial port: an
 * Arduino with StandardFirmata, for one. The codec is our own: the library for that, firmata-io 2.3.0,
 * writes whole ports and does not say when a box has done it.
 *
 * @example
 * ```ts ignore
 * const link = serialLink({ usbSerial: "75330303035351F0A1B2", baudHz: 57_600 });
 * const box = await FirmataBox.open({ name: "pins", link, clock });
 * const button = await boxPin({ channel: "GPIO 66", pin: 5, box, timeline });
 * const press = await button.press({ hold: ms(50) });
 * ```
 */
export { FirmataBox, type FirmataBoxOptions } from "./box.ts";
export { type DevicePin, FirmataDevice } from "./device.ts";
export { FirmataError } from "./error.ts";
export { BoxPin, boxPin, type BoxPinOptions } from "./pin.ts";
