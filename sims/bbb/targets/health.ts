/**
 * Whether a board on a cable lives. With no card that boots, too, it speaks: the boot ROM then tries
 * UART0 and sends "C" about three times a second (AM335x TRM SPRUH73, section 26.1.9.5).
 */
import { seconds } from "hil";
import type { BeagleBone } from "../port.ts";

/** The ROM tries the cards first, which takes seconds where one is there and has nothing. */
const SPEAKS_WITHIN = seconds(30);
export const HEALTH_LIMIT = seconds(90);

/** @throws Error when nothing comes from its console after power came on */
export async function boardHealth({ power, console }: BeagleBone): Promise<void> {
  await power.on();
  try {
    await console.waitFor(/[ -~]/, { within: SPEAKS_WITHIN });
  } catch (cause) {
    throw new Error(
      `the board's console says nothing within ${SPEAKS_WITHIN} of power on; ` +
        `look at its power, the cable on J1 and its baud rate`,
      { cause },
    );
  }
}
