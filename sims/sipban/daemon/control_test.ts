import assert from "node:assert/strict";
import { ask, ControlServer, type Request } from "./control.ts";

async function scratch(answer: (request: Request) => Promise<unknown>) {
  const folder = await Deno.makeTempDir();
  const path = `${folder}/run/control.sock`;
  const server = await ControlServer.listen(path, answer);
  return {
    path,
    server,
    async [Symbol.asyncDispose]() {
      await server.close();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

async function raw(path: string, text: string): Promise<string> {
  const connection = await Deno.connect({ transport: "unix", path });
  try {
    await connection.write(new TextEncoder().encode(text));
    await connection.closeWrite();
    return await new Response(connection.readable).text();
  } catch {
    return "";
  }
}

Deno.test("requests are answered line by line, errors as text; what is no request is refused", async () => {
  await using set = await scratch((request) =>
    request.command === "list" ? Promise.resolve(["a"]) : Promise.reject(new Error("it cannot be"))
  );
  assert.deepEqual(await ask(set.path, { command: "list" }), ["a"]);
  await assert.rejects(
    ask(set.path, { command: "unban", target: "x" }),
    /^ControlError: it cannot/,
  );
  const said = await raw(
    set.path,
    '{"command":"list"}\n{"command":"rm"}\nno JSON\n{"command":"ban"}\n',
  );
  const answers = said.trim().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(answers.map(({ ok }) => ok), [true, false, false, false]);
  assert.match(answers[1].error, /^Cannot do ".*rm.*": it is no request; ask for list/);
  assert.equal(await raw(set.path, "x".repeat(100_000)), "", "too long a line");
  assert.deepEqual(await ask(set.path, { command: "list" }), ["a"]);
});

Deno.test("only its owner may use the socket; a living daemon keeps it, a dead one's is replaced", async () => {
  await using set = await scratch(() => Promise.resolve(1));
  const { path } = set;
  assert.equal((await Deno.stat(path)).mode! & 0o777, 0o600);
  assert.equal((await Deno.stat(path.replace(/\/[^/]*$/, ""))).mode! & 0o777, 0o700);
  const second = ControlServer.listen(path, () => Promise.resolve(2));
  await assert.rejects(
    second,
    /^ControlError: Cannot listen on ".*": a daemon answers there; end it/,
  );
  assert.equal(await ask(path, { command: "status" }), 1);
  const other = `${path}.dead`;
  const dead = Deno.listen({ transport: "unix", path: other });
  dead.close();
  const heir = await ControlServer.listen(other, () => Promise.resolve(3));
  assert.equal(await ask(other, { command: "status" }), 3);
  await heir.close();
  await assert.rejects(
    ask(other, { command: "list" }),
    /start it with "sipban run", and be its user/,
  );
});
