import assert from "node:assert/strict";
import { Ami } from "./ami.ts";
import { AmiReader } from "./ami_message.ts";

/** A manager that answers each action as `answer` says; the reader is Asterisk's way round. */
async function withManager(
  answer: (action: string) => string,
  work: (conn: Deno.Conn, end: () => void) => Promise<void>,
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  let peer: Deno.Conn | undefined;
  const serving = (async () => {
    const conn = peer = await listener.accept();
    const say = (text: string) => conn.write(new TextEncoder().encode(text));
    await say("Asterisk Call Manager/9.0.0\r\nEvent: FullyBooted\r\n\r\n");
    const reader = new AmiReader();
    reader.push(new TextEncoder().encode("no greeting\n"));
    try {
      for await (const bytes of conn.readable) {
        for (const message of reader.push(bytes)) {
          const id = `ActionID: ${message.get("ActionID")}\r\n`;
          await say(answer(message.get("Action")!).replace("ID\n", id) + "\r\n");
        }
      }
    } catch { /* The client, or the test, has ended it. */ }
  })();
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    await work(conn, () => peer!.close());
  } finally {
    listener.close();
    try {
      peer?.close();
    } catch { /* It is over. */ }
    await serving;
  }
}

const ACCOUNT = { user: "hil", secret: "s" };

Deno.test("answers find their actions, and events come between them", async () => {
  const events: (string | undefined)[] = [];
  const answer = (action: string) =>
    action === "Ping"
      ? "Event: Hangup\r\n\r\nResponse: Success\r\nID\nPing: Pong\r\n"
      : "Response: Success\r\nID\n";
  await withManager(answer, async (conn) => {
    const ami = await Ami.login(conn, {
      account: ACCOUNT,
      onEvent: (event) => events.push(event.get("Event")),
    });
    const [one, two] = await Promise.all([ami.action("Ping"), ami.action("Other")]);
    assert.equal(one.get("Ping"), "Pong");
    assert.equal(two.get("Ping"), undefined);
    assert.deepEqual(events, ["FullyBooted", "Hangup"]);
    ami.close();
    await ami.closed;
    await assert.rejects(ami.action("Ping"), { name: "AmiError" });
  });
});

Deno.test("who is not let in is told so in Asterisk's words", async () => {
  const answer = () => "Response: Error\r\nID\nMessage: Authentication failed\r\n";
  await withManager(answer, async (conn) => {
    await assert.rejects(Ami.login(conn, { account: ACCOUNT, onEvent: () => {} }), {
      message: 'Cannot do "Login": Asterisk says "Authentication failed"; look into manager.conf',
    });
  });
});

Deno.test("an action that is under way when Asterisk goes is refused", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const answer = (action: string) => {
    if (action === "Login") return "Response: Success\r\nID\n";
    resolve();
    return "Event: Shutdown\r\n";
  };
  await withManager(answer, async (conn, end) => {
    const ami = await Ami.login(conn, { account: ACCOUNT, onEvent: () => {} });
    const asked = assert.rejects(ami.action("Ping"), {
      message: /^Cannot ask the manager: .*; start Asterisk again$/,
    });
    await promise;
    end();
    await asked;
    await ami.closed;
    ami.close();
  });
});
