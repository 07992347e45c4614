/**
 * Steps of the scenarios of floods: senders whose addresses are invented, a house whose phones go on
 * meanwhile, and a real flooder. `FLOOD=10 deno task hil …` makes floods ten times as long.
 */
import { expect, measure, ms } from "hil";
import {
  type Pbx,
  type Phone,
  type PhoneAnswer,
  type PhoneCall,
  PORTS,
  type Site,
} from "sims/pbx/mod.ts";
import { flood, type Flooded, RegistrationWatch } from "sims/sip/flood/mod.ts";
import { sippRegister, sippUsers } from "sims/sip/peers/mod.ts";

const LENGTH = Math.min(1000, Math.max(1, Number(Deno.env.get("FLOOD")) || 1));

export interface House {
  readonly pbx: Pbx;
  readonly site: Site;
  readonly phones: readonly Phone[];
  /** Is up. */
  readonly call: PhoneCall;
}

/** Phones that are registered, of which the first has a call to the echo. */
export async function houseOf(pbx: Pbx): Promise<House> {
  const site = await pbx.site("house");
  const users = Object.keys(pbx.phones).slice(0, 3);
  const phones = await Promise.all(users.map((user) => site.phone(user)));
  for (const phone of phones) {
    expect((await phone.register()).status, `the registration of ${phone.user}`).toBe(200);
  }
  return { pbx, site, phones, call: await phones[0]!.call("600") };
}

/**
 * What phones must not notice: while `work` goes on all register again and again, within a second
 * each, and the call is up at the end. The second is that of the packets on their link: the phones
 * are of this process, and on a busy machine it may need longer than that to read an answer.
 */
export async function undisturbed<T>(house: House, work: () => Promise<T>): Promise<T> {
  const { pbx, site, phones, call } = house;
  await using watch = new RegistrationWatch({
    ...{ namespace: site.programs!.namespace, interface: "eth0", address: site.addresses[0]! },
    registrar: { host: pbx.address, port: PORTS.UDP },
  });
  const answers: PhoneAnswer[] = [];
  let busy = true;
  const again = async (phone: Phone) => {
    do answers.push(await phone.register()); while (busy);
  };
  const working = work().finally(() => busy = false);
  const [result] = await Promise.all([working, ...phones.map(again)]);
  const statuses = new Set(answers.map(({ status }) => status));
  expect([...statuses], "the answers to the phones").toEqual([200]);
  // The last packets are read in a moment.
  for (let n = 0; n < 250 && watch.ended.length < answers.length; n++) await pbx.wait(ms(20));
  expect(watch.ended.length, "registrations on the link").toBe(answers.length);
  measure("registrations during the flood", answers.length, { unit: "" });
  const { median, slowest } = spread(watch.ended);
  measure("their median", median, { unit: "ms" });
  measure("the slowest", slowest, { unit: "ms", within: { max: 1000 } });
  measure("the slowest with what its phone has taken", spread(answers).slowest, { unit: "ms" });
  expect(await call.reinvite(), "the answer within the call").toBe(200);
  expect(call.state, "the call").toBe("up");
  return result;
}

/** In milliseconds. */
function spread(all: readonly { readonly tookNs: number }[]) {
  const took = all.map(({ tookNs }) => tookNs / 1e6).sort((a, b) => a - b);
  return { median: took[took.length >> 1]!, slowest: took.at(-1)! };
}

export interface FloodOf {
  readonly sources: number;
  readonly count: number;
  readonly perSecond: number;
  readonly kind?: "REGISTER" | "INVITE";
}

export const FIRST_INVENTED = "100.64.0.1";

/** REGISTERs of invented senders, from 100.64.0.1 on. */
export async function floodFrom(
  pbx: Pbx,
  site: Site,
  { kind = "REGISTER", count, perSecond, sources }: FloodOf,
): Promise<Flooded> {
  const flooded = await flood({
    ...{ namespace: site.programs!.namespace, interface: "eth0", kind, sources, perSecond },
    ...{ pbx: pbx.address, from: FIRST_INVENTED, targetMac: await nextHop(pbx, site) },
    count: count * LENGTH,
    seconds: 4 * LENGTH * count / perSecond,
  });
  measure("frames of the flood", flooded.sent, { unit: "" });
  measure("its rate", flooded.sent / flooded.seconds, { unit: "/s" });
  return flooded;
}

/** The hardware address that frames from `site` to the PBX go to. */
export async function nextHop(pbx: Pbx, site: Site): Promise<string> {
  // What is sent has it looked up.
  await site.send(new Uint8Array(4));
  const read = async (...args: string[]) => {
    const { stdout } = await site.programs!.command("ip", ["-j", ...args], { stdout: "piped" })
      .output();
    return JSON.parse(new TextDecoder().decode(stdout)) as Record<string, string>[];
  };
  const [route] = await read("route", "get", pbx.address);
  const hop = route!["gateway"] ?? pbx.address;
  for (let tries = 0; tries < 100; tries++) {
    const found = (await read("neigh", "show")).find(({ dst, lladdr }) => dst === hop && lladdr);
    if (found) return found["lladdr"]!;
    await pbx.wait(ms(20));
  }
  throw new Error(`Cannot find where frames to ${pbx.address} go: ${hop} does not say`);
}

/** SIPp at `site`, that answers challenges with a wrong password until it is ended. */
export async function sippGuesses(
  pbx: Pbx,
  site: Site,
  { rate, folder }: { readonly rate: number; readonly folder: string },
): Promise<{ end(): Promise<void> }> {
  const usersFile = `${folder}/users.csv`;
  await Deno.writeTextFile(usersFile, sippUsers([{ user: "1001", password: "guess" }]));
  const to = { host: pbx.address, port: PORTS.UDP };
  // From a port of its own: phones at the site begin at 5060.
  const args = sippRegister(to, {
    host: site.addresses[0]!,
    port: 6060,
    ...{ rate, count: 100_000, usersFile },
  });
  const pipes = { stdout: "null", stderr: "null", cwd: folder } as const;
  const child = site.programs!.command("sipp", args, pipes).spawn();
  return {
    async end() {
      try {
        child.kill("SIGKILL");
      } catch { /* It has ended by itself. */ }
      await child.status;
    },
  };
}
