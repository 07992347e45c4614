import assert from "node:assert/strict";
import { started } from "./_lab.ts";
import { boardHealth } from "./health.ts";
import sim from "./sim.ts";

Deno.test("a board is well that speaks, be it the boot ROM without a card", async () => {
  const lab = await started(sim);
  await boardHealth(lab.port);
  assert.match(lab.port.console.tail(1).join(), /^C/);
  await lab.close();
});

Deno.test("a board that gets no power, or whose cable is out, is dead", async () => {
  const lab = await started(sim);
  const power = { ...lab.port.power, on: () => Promise.resolve() };
  await assert.rejects(boardHealth({ ...lab.port, power }), {
    message: "the board's console says nothing within 30 s of power on; " +
      "look at its power, the cable on J1 and its baud rate",
  });
  await lab.close();
});
