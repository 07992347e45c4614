import assert from "node:assert/strict";
import { Random, seconds, withLimit } from "hil/time/mod.ts";
import { UserAgent } from "../agent/mod.ts";
import { Pbx, type PbxVariant } from "../pbx/mod.ts";
import { TIMING } from "../transaction/mod.ts";
import { hostTimers, type SipTransport, tcpTransport, UdpTransport } from "../transport/mod.ts";
import * as programs from "./programs.ts";

const HOST = "127.0.0.1";
/** Both refuse a challenge whose first algorithm is not MD5, so "sim" is none for them. */
const VARIANTS: readonly PbxVariant[] = ["asterisk22", "chan_sip"];

async function has(program: string): Promise<boolean> {
  const found = new Deno.Command("which", { args: [program], stdout: "null" });
  return (await found.output()).success;
}

const hasSipp = await has("sipp");
const hasSipsak = await has("sipsak");

function test(name: string, ignore: boolean, fn: () => Promise<void>): void {
  Deno.test({ name, ignore, fn, sanitizeOps: true, sanitizeResources: true });
}

function udp(): UdpTransport {
  return new UdpTransport(Deno.listenDatagram({ transport: "udp", hostname: HOST, port: 0 }));
}

/** Its datagrams leave later, as those of a machine that has much to do. */
function late(plain: SipTransport, delayNs: number): SipTransport {
  const { protocol, reliable, local } = plain;
  const waiting: { cancel(): void }[] = [];
  return {
    ...{ protocol, reliable, local },
    listen: (listener) => plain.listen(listener),
    send: (message, to) =>
      void waiting.push(hostTimers.after(delayNs, () => plain.send(message, to))),
    close() {
      for (const one of waiting) one.cancel();
      plain.close();
    },
  };
}

/** A PBX on loopback, and what it tells. */
async function withPbx(
  variant: PbxVariant,
  work: (lab: { pbx: Pbx; events: string[]; udp: number; tcp: number }) => Promise<void>,
  { lateNs = 0 } = {},
): Promise<void> {
  const datagrams = lateNs > 0 ? late(udp(), lateNs) : udp();
  const streams = tcpTransport({ listener: Deno.listen({ hostname: HOST, port: 0 }) });
  const events: string[] = [];
  const pbx = new Pbx({
    transport: [datagrams, streams],
    timers: hostTimers,
    random: new Random(1),
    variant,
    phones: { 1001: "one", 1002: "two" },
    echo: "600",
    onEvent: ({ kind, user }) => void events.push(`${kind} ${user}`),
  });
  try {
    await work({ pbx, events, udp: datagrams.local.port, tcp: streams.local.port });
    assert.deepEqual(pbx.layers.map(({ refused }) => refused), [NONE, NONE]);
  } finally {
    pbx.close();
  }
}

const NONE = { requests: 0, responses: 0, malformed: 0 };

/** @throws AssertionError with what it said, when it fails */
async function run(program: string, args: string[]): Promise<void> {
  const options = { args, stdin: "null", stdout: "piped", stderr: "piped" } as const;
  const { code, stdout, stderr } = await new Deno.Command(program, options).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  assert.equal(code, 0, `${program} ${args.join(" ")}\n${text.slice(-1500)}`);
}

for (const variant of VARIANTS) {
  test(
    `${variant}: sipsak's OPTIONS is answered as the profile has it; it registers`,
    !hasSipsak,
    async () => {
      await withPbx(variant, async ({ pbx, events, udp }) => {
        const to = { host: HOST, port: udp };
        const ping = run("sipsak", programs.sipsakPing(to, { host: HOST }));
        if (pbx.profile.challengesOptions) await assert.rejects(ping, /SIP\/2\.0 401 Unauthorized/);
        else await ping;
        events.length = 0;
        const contact = `sip:1001@${HOST}:5099`;
        const account = { host: HOST, user: "1001", password: "one", contact };
        await run("sipsak", programs.sipsakRegister(to, account));
        assert.deepEqual(events, ["challenged 1001", "registered 1001"]);
        const [binding] = pbx.bindings.of("1001");
        const source = `sip:1001@${HOST}:${binding!.from.port}`;
        assert.equal(binding!.contact, pbx.profile.rewritesContacts ? source : contact);
      });
    },
  );

  test(`${variant}: SIPp registers over UDP and TCP`, !hasSipp, async () => {
    const usersFile = await Deno.makeTempFile();
    const users = [{ user: "1001", password: "one" }, { user: "1002", password: "two" }];
    await Deno.writeTextFile(usersFile, programs.sippUsers(users));
    try {
      await withPbx(variant, async ({ pbx, events, udp, tcp }) => {
        for (const [protocol, port] of [["UDP", udp], ["TCP", tcp]] as const) {
          const options = { host: HOST, protocol, count: 2, rate: 100, usersFile };
          await run("sipp", programs.sippRegister({ host: HOST, port }, options));
        }
        assert.equal(events.filter((event) => event.startsWith("registered")).length, 4);
        assert.equal(pbx.bindings.all().length, 4);
      });
    } finally {
      await Deno.remove(usersFile);
    }
  });
}

test("SIPp registers at a PBX that takes longer than T1 for an answer", !hasSipp, async () => {
  const usersFile = await Deno.makeTempFile();
  await Deno.writeTextFile(usersFile, programs.sippUsers([{ user: "1001", password: "one" }]));
  try {
    await withPbx("asterisk22", async ({ events, udp }) => {
      await run(
        "sipp",
        programs.sippRegister({ host: HOST, port: udp }, { host: HOST, usersFile }),
      );
      assert.deepEqual(events, ["challenged 1001", "registered 1001"]);
    }, { lateNs: 1.2 * TIMING.t1Ns });
  } finally {
    await Deno.remove(usersFile);
  }
});

test("SIPp calls the echo as a guest, three calls at once", !hasSipp, async () => {
  await withPbx("chan_sip", async ({ pbx, events, udp }) => {
    const options = { host: HOST, count: 3, rate: 100, extension: "600" };
    await run("sipp", programs.sippCall({ host: HOST, port: udp }, options));
    assert.deepEqual(events.filter((event) => event === "call sipp").length, 3);
    assert.equal(pbx.legs, 0);
  });
});

test("a wrong password fails SIPp's registration", !hasSipp, async () => {
  const usersFile = await Deno.makeTempFile();
  await Deno.writeTextFile(usersFile, programs.sippUsers([{ user: "1001", password: "guess" }]));
  try {
    await withPbx("asterisk22", async ({ pbx, events, udp }) => {
      const args = programs.sippRegister({ host: HOST, port: udp }, { host: HOST, usersFile });
      await assert.rejects(run("sipp", args), /Failed call +\| +\d+ +\| +1 /);
      assert.deepEqual(events, ["challenged 1001", "refused 1001"]);
      assert.equal(pbx.bindings.all().length, 0);
    });
  } finally {
    await Deno.remove(usersFile);
  }
});

for (const protocol of ["UDP", "TCP"] as const) {
  test(`our phone calls SIPp over ${protocol}, and hangs up`, !hasSipp, async () => {
    const port = freePort();
    const answering = run("sipp", programs.sippAnswer({ host: HOST, port, protocol }));
    if (protocol === "TCP") await listens(port);
    const transport = protocol === "UDP"
      ? udp()
      : tcpTransport({ local: { host: HOST, port: 5060 } });
    const phone = new UserAgent({
      transport,
      timers: hostTimers,
      random: new Random(3),
      identity: `sip:1001@${HOST}`,
      peer: { host: HOST, port },
    });
    try {
      const call = phone.call(`sip:service@${HOST}:${port}`, { body: "v=0" });
      const decided = Promise.withResolvers<void>();
      call.onState = (state) => state === "up" || state === "ended" ? decided.resolve() : undefined;
      await withLimit(decided.promise, seconds(30), () => assert.fail("no answer"));
      assert.equal(call.state, "up");
      assert.match(new TextDecoder().decode(call.remoteBody), /^v=0\r\n/);
      call.hangUp();
      await withLimit(call.farewell.done, seconds(30), () => assert.fail("no answer to BYE"));
    } finally {
      phone.close();
    }
    await answering;
  });
}

function freePort(): number {
  const listener = Deno.listen({ hostname: HOST, port: 0 });
  const { port } = listener.addr as Deno.NetAddr;
  listener.close();
  return port;
}

/** Until something does, as the kernel has it: to try it would be a connection to it. */
async function listens(port: number): Promise<void> {
  const state = new RegExp(`:${port.toString(16).toUpperCase().padStart(4, "0")} \\S+ 0A `);
  const looking = async () => {
    while (!state.test(await textOf("cat", ["/proc/net/tcp"])));
  };
  await withLimit(looking(), seconds(20), () => assert.fail(`nothing listens on port ${port}`));
}

async function textOf(program: string, args: readonly string[]): Promise<string> {
  const { stdout } = await new Deno.Command(program, { args: [...args] }).output();
  return new TextDecoder().decode(stdout);
}
