/** Cases of a client that take more than one connection, or less (RFC 6455, sections 4.1, 5.3, 7.1.2). */
import { ms, pause, withLimit } from "hil/time/mod.ts";
import { type Head, valuesOf } from "../core/mod.ts";
import { type RawHead, RawPeer } from "../raw_peer.ts";
import type { Outcome, Special } from "./case.ts";
import { CONNECT_LIMIT, inTime, type Meeting } from "./clients.ts";
import { receiveAll } from "./transcript.ts";
import { CLOSE_NORMALLY } from "./verdict.ts";

/** How long something must not happen: what happens at once does well within, on any machine. */
const QUIET = ms(500);
const MESSAGES = 20;

const SPECIAL: Readonly<Record<Special, (meeting: Meeting) => Promise<Outcome>>> = {
  nonces: async (meeting) => {
    const keys: string[] = [];
    for (let i = 0; i < 3; i++) {
      await meet(meeting, (peer) => {
        keys.push(valuesOf(peer.head, "sec-websocket-key")[0] ?? "none");
        return Promise.resolve();
      });
    }
    return outcome(new Set(keys).size === 3, keys.join(" "));
  },

  keys: async (meeting) => {
    const keys = new Set<number | undefined>();
    await meet(meeting, async (peer) => {
      for (let i = 0; i < MESSAGES; i++) {
        await peer.play([{ do: "frame", frame: { opcode: 1, payload: `${i}` } }]);
        const frame = await peer.next({ within: meeting.patience });
        if (frame.type === "frame") keys.add(frame.key);
      }
    });
    return outcome(keys.size === MESSAGES, `${keys.size} keys of ${MESSAGES} frames`);
  },

  waits: async (meeting) => {
    let early = 0;
    let behind: string[] = [];
    const answer = async (head: Head): Promise<RawHead> => {
      await pause(QUIET);
      early = head.rest.length;
      return {};
    };
    await meet(meeting, async (peer) => {
      const { patience } = meeting;
      await peer.play([CLOSE_NORMALLY]);
      behind = await receiveAll(peer, { role: "client", deflate: undefined, within: patience });
    }, answer);
    const seen = `${early} octets with the request, then ${behind.join(" · ")}`;
    return outcome(early === 0 && behind.join() === "close 1000", seen);
  },

  serializes: async (meeting) => {
    const { client, listener, url, patience } = meeting;
    const both = [client.connect(url, []), client.connect(url, [])];
    const first = await inTime(listener.accept(), CONNECT_LIMIT, "the client does not connect");
    const second = listener.accept();
    second.catch(() => {}); // It never comes when the client gives up.
    const early = await withLimit<unknown>(second, QUIET, () => undefined) !== undefined;
    const peers = [await RawPeer.accept(first)];
    const other = await inTime(second, patience, "there is no second connection");
    peers.push(await RawPeer.accept(other));
    await inTime(Promise.all(both.map(({ opened }) => opened)), patience, "they do not open");
    for (const peer of peers) peer.close();
    for (const connection of both) connection.abandon();
    return outcome(!early, `the second ${early ? "before" : "after"} the first was answered`);
  },

  "says-its-name": async ({ client, listener, patience }) => {
    const { port } = listener.addr as Deno.NetAddr;
    const connection = client.connect(`wss://localhost:${port}/`, []);
    const conn = await inTime(listener.accept(), CONNECT_LIMIT, "the client does not connect");
    const hello = new Uint8Array(16 * 1024);
    const count = await inTime(conn.read(hello), patience, "the client says no hello") ?? 0;
    conn.close();
    connection.abandon();
    const named = new TextDecoder("latin1").decode(hello.subarray(0, count)).includes("localhost");
    return outcome(named, `${count} octets, ${named ? "with" : "without"} the name`);
  },

  closes: async (meeting) => {
    let seen: string[] = [];
    await meet(meeting, async (peer, close) => {
      close();
      const { patience } = meeting;
      seen = await receiveAll(peer, { role: "client", deflate: undefined, within: patience });
      await peer.play([CLOSE_NORMALLY, { do: "end-sending" }]);
      const end = await peer.next({ within: patience });
      seen.push(end.type === "ended" ? "end" : end.type);
    });
    return outcome(seen.join(" · ") === "close 1000 · end", seen.join(" · "));
  },
};

export function special(name: Special, meeting: Meeting): Promise<Outcome> {
  return SPECIAL[name](meeting);
}

function outcome(right: boolean, seen: string): Outcome {
  return { verdict: right ? "pass" : "FAIL", seen };
}

/** One connection, rightly opened. */
async function meet(
  { client, listener, url, patience }: Meeting,
  body: (peer: RawPeer, close: () => void) => Promise<void>,
  answer: (request: Head) => RawHead | Promise<RawHead> = () => ({}),
): Promise<void> {
  const connection = client.connect(url, []);
  const conn = await inTime(listener.accept(), CONNECT_LIMIT, "the client does not connect");
  const peer = await inTime(RawPeer.accept(conn, answer), patience, "the client does not ask");
  try {
    await inTime(connection.opened, patience, "the client does not open");
    await body(peer, () => connection.close());
  } finally {
    peer.close();
    connection.abandon();
  }
}
