import { deepEqual, equal, match, ok, rejects } from "node:assert/strict";
import { hostNow, ms, Random, timer } from "../../time/mod.ts";
import { limited, withRelay } from "./_relay.ts";
import { relayState } from "./http_relay.ts";
import { openPower, PowerError } from "./mod.ts";
import { tasmotaState } from "./tasmota.ts";

/** No waits but those that a test is about. */
const QUICK = { offTimeMs: 0, pauseMs: 1 };

/** A WebRelay with relays that are switched as its manual says. */
function webRelay(names: readonly string[], state: Record<string, string> = {}) {
  return ({ path }: { path: string }) => {
    for (const [key, value] of new URL(path, "http://relay").searchParams) {
      if (names.includes(key)) state[key] = value;
    }
    const lines = names.map((name) => {
      const tag = name.toLowerCase();
      return `<${tag}>${state[name] ?? 0}</${tag}>`;
    });
    return `<?xml version="1.0"?>\n<datavalues>\n${lines.join("\n")}\n</datavalues>`;
  };
}

Deno.test("a WebRelay is switched by state.xml, and asked for its state", () =>
  withRelay(webRelay(["relayState"]), async ({ url, asked }) => {
    const power = openPower({ kind: "web-relay", url, ...QUICK });
    equal(await power.state(), false);
    await power.on();
    equal(await power.state(), true);
    await power.off();
    equal(await power.state(), false);
    deepEqual(asked.map(({ path }) => path).filter((path) => path.includes("?")), [
      "/state.xml?relayState=1",
      "/state.xml?relayState=0",
    ]);
  }));

Deno.test("one of a WebRelay's several relays is switched, the others are left alone", () => {
  const state = { relay1State: "1" };
  return withRelay(webRelay(["relay1State", "relay2State"], state), async ({ url }) => {
    const power = openPower({ kind: "web-relay", url: `${url}/`, relay: 2, ...QUICK });
    await power.reset();
    deepEqual(state, { relay1State: "1", relay2State: "1" });
    await power.cut();
    deepEqual(state, { relay1State: "1", relay2State: "0" });
    match(power.name, /^relay 2 of http:\/\/127/);
  });
});

Deno.test("a power that is on already is not switched on again", () =>
  withRelay(webRelay(["relayState"], { relayState: "1" }), async ({ url, asked }) => {
    await openPower({ kind: "web-relay", url, offTimeMs: 3_600_000 }).on();
    deepEqual(asked.map(({ path }) => path), ["/state.xml"]);
  }));

Deno.test("requests of one's own have method, body, headers and password", () => {
  let on = false;
  return withRelay(({ path, body }) => {
    if (path === "/set") on = body === "power=1";
    return `{ "on": ${on} }`;
  }, async ({ url, asked }) => {
    Deno.env.set("HIL_TEST_SECRET", "s3cret:ü");
    const set = (value: number) => ({
      url: `${url}/set`,
      method: "PUT",
      body: `power=${value}`,
      headers: { "x-relay": "one" },
    });
    const config = {
      ...{ kind: "http-relay", on: set(1), off: set(0), state: `${url}/get?x=1` },
      isOn: '"on": true',
      ...QUICK,
    };
    const power = openPower({ ...config, user: "bench", passwordEnv: "HIL_TEST_SECRET" });
    await power.on();
    ok(on);
    await power.off();
    ok(!on);
    const [get, put] = asked;
    deepEqual([get!.method, get!.path], ["GET", "/get?x=1"]);
    deepEqual([put!.method, put!.path, put!.body, put!.header], ["PUT", "/set", "power=1", "one"]);
    const basic = new TextDecoder().decode(Uint8Array.fromBase64(put!.authorization!.slice(6)));
    equal(basic, "bench:s3cret:ü");
    Deno.env.delete("HIL_TEST_SECRET");
  });
});

Deno.test("a token is sent as such, and a secret that is not set is asked for", () =>
  withRelay(() => "", async ({ url, asked }) => {
    Deno.env.set("HIL_TEST_TOKEN", "abc");
    const config = { kind: "http-relay", on: `${url}/on`, off: `${url}/off`, ...QUICK };
    await openPower({ ...config, tokenEnv: "HIL_TEST_TOKEN" }).off();
    equal(asked[0]!.authorization, "Bearer abc");
    Deno.env.delete("HIL_TEST_TOKEN");
    const power = openPower({ ...config, user: "me", passwordEnv: "HIL_TEST_NONE" });
    await rejects(power.on(), {
      message: `Cannot use the power "${url}/": the environment variable "HIL_TEST_NONE" is ` +
        "not set; set it to the relay's secret",
    });
    equal(await power.state(), undefined, "it has no address for that");
  }));

Deno.test("Tasmota is switched by commands, with its own password", () => {
  let state = "OFF";
  return withRelay(({ path }) => {
    const query = new URL(path, "http://plug").searchParams;
    if (query.get("password") !== "s3cret") {
      return '{"WARNING":"Need user=<username>&password=<password>"}';
    }
    const [, wanted] = query.get("cmnd")!.split(" ");
    if (wanted) state = wanted.toUpperCase();
    return `{"POWER2":"${state}"}`;
  }, async ({ url, asked }) => {
    const config = { kind: "tasmota", url, relay: 2, user: "admin", retries: 0, ...QUICK };
    const power = openPower({ ...config, password: "s3cret" });
    await power.on();
    equal(await power.state(), true);
    equal(asked[1]!.path, "/cm?user=admin&password=s3cret&cmnd=Power2%20On");
    await power.off();
    equal(state, "OFF");
    await rejects(openPower(config).off(), {
      name: "PowerError",
      message: `Cannot switch off the power "relay 2 of ${url}/": ${url}/ says ` +
        `"{"WARNING":"Need user=<username>&password=<password>"}" instead of its state; ` +
        'give "user" and "passwordEnv"',
    });
  });
});

Deno.test("a plug with Tasmota that says that it did otherwise is found out", () =>
  withRelay(() => '{"POWER":"OFF"}', async ({ url }) => {
    await rejects(openPower({ kind: "tasmota", url, retries: 0, ...QUICK }).on(), {
      message:
        `Cannot switch on the power "relay 1 of ${url}/": ${url}/ says that it is off now; ` +
        "look at its rules and PowerLock",
    });
  }));

Deno.test("what a relay says when it refuses is in the error, and no secret", () =>
  withRelay(
    ({ path }) => new Response(`relay\x1b[31m\n is ${path} broken`, { status: 500 }),
    async ({ url, asked }) => {
      const config = { ...QUICK, kind: "http-relay", off: `${url}/off` };
      const power = openPower({ ...config, on: `${url}/on?password=abc`, retries: 2 });
      await rejects(power.on(), (error: Error) => {
        ok(error instanceof PowerError);
        equal(
          error.message,
          `Cannot switch on the power "${url}/": ${url}/on?password=… answers 500 Internal ` +
            `Server Error and says "relay [31m is /on?password=abc broken"; ` +
            "correct its address in the bench file",
        );
        return true;
      });
      equal(asked.length, 3, "it was tried again");
    },
  ));

Deno.test("a relay that never ends its answer is heard only so far", () =>
  withRelay(() => {
    const line = new TextEncoder().encode("<relaystate>0</relaystate>\n".repeat(1000));
    return new Response(
      new ReadableStream<Uint8Array>({ pull: (controller) => controller.enqueue(line) }),
    );
  }, async ({ url }) => {
    await openPower({ kind: "web-relay", url, retries: 0, ...QUICK }).off();
  }));

Deno.test("a relay that wants to know who we are is told apart", () =>
  withRelay(() => new Response("", { status: 401 }), async ({ url }) => {
    const power = openPower({ kind: "web-relay", url, retries: 0 });
    await rejects(power.off(), {
      message: `Cannot switch off the power "${url}/": ${url}/state.xml?relayState=0 answers 401 ` +
        'Unauthorized; give "user" and "passwordEnv"',
    });
  }));

Deno.test("a relay that fails now and then is asked again", () => {
  let times = 0;
  return withRelay(
    () => ++times < 3 ? new Response("busy", { status: 503 }) : "<relaystate>0</relaystate>",
    async ({ url }) => {
      await openPower({ kind: "web-relay", url, retries: 2, ...QUICK }).off();
      equal(times, 4, "twice in vain, once well, and once for the state");
    },
  );
});

Deno.test("a relay that says nothing of its state is no WebRelay", () =>
  withRelay(webRelay([]), async ({ url }) => {
    await rejects(openPower({ kind: "web-relay", url, retries: 0, ...QUICK }).on(), {
      message:
        /^Cannot read the state of the power "[^"]+": http\S+ says ".*", in which is no state of that relay; correct "url" or "relay"$/,
    });
  }));

Deno.test("a relay that does not do what it was told is found out", () =>
  withRelay(() => "<relaystate>0</relaystate>", async ({ url }) => {
    await rejects(openPower({ kind: "web-relay", url, retries: 0, ...QUICK }).on(), {
      message: `Cannot switch on the power "${url}/": it took the command, but says that it ` +
        "is off; look at its wiring",
    });
  }));

Deno.test("a relay that is not there, and one that never answers, are told", async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${listener.addr.port}`;
  const silent = openPower({ kind: "web-relay", url, limitMs: 50, retries: 0 });
  await limited(rejects(silent.off(), {
    message: `Cannot switch off the power "${url}/": it has not answered within 50 ms; ` +
      'look whether it is there, or give more "limitMs"',
  }));
  listener.close();
  const gone = openPower({ kind: "web-relay", url, retries: 0 });
  await limited(rejects(gone.off(), {
    message:
      /^Cannot switch off the power "[^"]+": http\S+ does not answer \(.*refused.*\); look whether it is on the network$/,
  }));
});

Deno.test("capacitors have their time before the power comes back", () => {
  const answer = webRelay(["relayState"], { relayState: "1" });
  const switchedNs: number[] = [];
  return withRelay(async (asked) => {
    // It takes longer to switch than capacitors take.
    if (asked.path.endsWith("State=0")) await new Promise<void>((done) => timer(ms(100), done));
    if (asked.path.includes("?")) switchedNs.push(hostNow());
    return new Response(answer(asked));
  }, async ({ url }) => {
    await openPower({ kind: "web-relay", url, offTimeMs: 80 }).reset();
    const [off, on] = switchedNs;
    ok(on! - off! >= 80e6, `${on! - off!} ns`);
  });
});

Deno.test("a power whose history is not known is off for that time too", () =>
  withRelay(webRelay(["relayState"]), async ({ url }) => {
    const opened = hostNow();
    await openPower({ kind: "web-relay", url, offTimeMs: 80 }).on();
    ok(hostNow() - opened >= 80e6);
  }));

Deno.test("calls are done one after another", () => {
  let inside = 0;
  let most = 0;
  return withRelay(async () => {
    most = Math.max(most, ++inside);
    await Deno.stat("/");
    inside--;
    return new Response("");
  }, async ({ url, asked }) => {
    const config = { kind: "http-relay", on: `${url}/on`, off: `${url}/off`, ...QUICK };
    const power = openPower(config);
    await Promise.all([power.off(), power.reset(), power.cut(), power.on()]);
    equal(most, 1);
    const paths = ["/off", "/off", "/on", "/off", "/on"];
    deepEqual(asked.map(({ path }) => path), paths);
  });
});

Deno.test("states are read in whatever letters, and nothing else is a state", () => {
  equal(relayState("<relaystate>1</relaystate>"), true);
  equal(relayState("<relay1state> 0 </relay1state>", 1), false);
  equal(relayState("<relay1State>1</relay1State>", 1), true);
  equal(relayState("<relay1state>1</relay1state>", 2), undefined);
  equal(relayState("<relaystate>2</relaystate>"), undefined);
  equal(tasmotaState('{"POWER":"ON"}'), true);
  equal(tasmotaState('{"POWER1":"OFF"}', 1), false);
  equal(tasmotaState('{"POWER":"ON"}', 1), true);
  equal(tasmotaState('{"POWER":"ON"}', 2), undefined);
  equal(tasmotaState('{"Command":"Unknown"}'), undefined);
  equal(tasmotaState("null"), undefined);
});

Deno.test("whatever a relay answers, it is a state, or none", () => {
  const random = new Random("relays");
  const words = [
    "<relaystate>",
    "</relaystate>",
    "1",
    "0",
    '{"POWER":',
    '"ON"',
    "}",
    "{",
    "[",
    "\n",
  ];
  for (let round = 0; round < 5000; round++) {
    let text = "";
    for (let i = random.below(10); i > 0; i--) {
      text += random.chance(0.8)
        ? words[random.below(words.length)]
        : String.fromCharCode(random.below(0x10000));
    }
    for (const state of [relayState(text), relayState(text, 2), tasmotaState(text)]) {
      ok(state === undefined || typeof state === "boolean", text);
    }
  }
});
