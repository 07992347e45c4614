/**
 * Switches the rehearsal's card, as `usbsdmux` does a real one: its argument is an address of FakeMux.
 * Exit status 1: it could not be switched.
 */
const response = await fetch(Deno.args[0]!);
if (!response.ok) {
  console.error(await response.text());
  Deno.exit(1);
}
