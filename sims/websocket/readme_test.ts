import assert from "node:assert/strict";
import { ms, seconds, timer, withLimit } from "hil/time/mod.ts";
import { type ClientSocket, connectWebSocket } from "./client.ts";

/** A connection, once somebody listens. */
async function connected(url: string): Promise<ClientSocket> {
  for (;;) {
    try {
      return await connectWebSocket(url);
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
      await new Promise<void>((resolve) => timer(ms(20), resolve));
    }
  }
}

function freePort(): number {
  using listener = Deno.listen({ port: 0 });
  return listener.addr.port;
}

Deno.test("the echo server of the README is five lines, and echoes", async () => {
  const readme = await Deno.readTextFile(new URL("./README.md", import.meta.url));
  const snippet = /```ts\n(.*?)```/s.exec(readme)![1]!;
  assert.equal(snippet.trimEnd().split("\n").length, 5);
  const port = freePort();
  const folder = await Deno.makeTempDir();
  await Deno.writeTextFile(`${folder}/echo.ts`, snippet.replace("9001", `${port}`));
  const config = new URL("../../deno.json", import.meta.url).pathname;
  const server = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-check", "--allow-net", "--config", config, `${folder}/echo.ts`],
    stdin: "null",
  }).spawn();
  try {
    const echo = async () => {
      const socket = await connected(`ws://localhost:${port}`);
      await socket.send("hello");
      const answer = await socket.receive();
      await socket.close();
      return answer;
    };
    assert.equal(await withLimit(echo(), seconds(30), () => "nothing in time"), "hello");
  } finally {
    server.kill();
    await server.status;
    await Deno.remove(folder, { recursive: true });
  }
});
