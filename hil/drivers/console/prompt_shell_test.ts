import assert from "node:assert/strict";
import { ms, seconds } from "hil";
import { Timeline } from "../../trace/mod.ts";
import { HostClock } from "../host_clock.ts";
import { Pipe } from "./_pipe.ts";
import { ConsoleTimeout, LinkError, openConsole, promptShell } from "./mod.ts";

/** A shell that echoes what is typed and answers as told. */
function target(answer: (command: string) => string, echo = (line: string) => line) {
  const timeline = new Timeline({ write() {} });
  const clock = timeline.clock = new HostClock(timeline, "board");
  const pipe = new Pipe();
  pipe.onWrite = (data) => {
    const line = new TextDecoder().decode(data).trimEnd();
    const [, command, mark] = line.match(/^(.*); echo (hil\d+)=\$\?$/)!;
    const failed = command === "false" ? 1 : 0;
    pipe.say(`${echo(line)}\r\n${answer(command!)}${mark}=${failed}\r\n=> `);
  };
  return openConsole({
    ...{ name: "uart0", link: pipe, timeline, clock },
    shell: promptShell({ prompt: "=> ", within: seconds(5) }),
  });
}

Deno.test("a command's answer comes without echo, frame and prompt", async () => {
  const uart0 = target((command) => command === "version" ? "U-Boot 2023.01\r\nDebian\r\n" : "");
  const { output, status } = await uart0.run("version");
  assert.deepEqual([output, status], ["U-Boot 2023.01\nDebian", 0]);
  assert.deepEqual(await uart0.run("false"), { output: "", status: 1 });
  assert.equal(uart0.quality.commands, 2);
  await uart0.close();
});

Deno.test("an answer without a line's end of its own is whole", async () => {
  const uart0 = target(() => "no newline");
  assert.equal((await uart0.run("echo -n")).output, "no newline");
  await uart0.close();
});

Deno.test("a byte that is lost on the way there is found in the echo", async () => {
  const uart0 = target(() => "", (line) => line.replace("0x80000000", "0x8000000"));
  await assert.rejects(uart0.run("go 0x80000000"), (error: Error) => {
    assert(error instanceof LinkError);
    assert.match(error.message, /Cannot trust the answer to "go 0x80000000" on uart0: its echo/);
    assert.match(error.message, /sent: {5}"go 0x80000000; echo hil1/);
    return true;
  });
  await uart0.close();
});

Deno.test("a shell that says nothing is a time-out, and two lines are no command", async () => {
  const timeline = new Timeline({ write() {} });
  const clock = timeline.clock = new HostClock(timeline, "board");
  const shell = promptShell({ prompt: "=> " });
  const uart0 = openConsole({ name: "uart0", link: new Pipe(), timeline, clock, shell });
  await assert.rejects(uart0.run("version", { within: ms(20) }), ConsoleTimeout);
  await assert.rejects(uart0.run("a\nb"), /it is more than one line; run them one by one/);
  await uart0.close();
});
