/** Other people's programs at the sites of a real network: SIPp and sipsak. */
import { attach, expect, scenario, seconds } from "hil";
import { PORTS, realPbx, type Site } from "sims/pbx/mod.ts";
import { sippRegister, sippUsers, sipsakPing, sipsakRegister } from "sims/sip/peers/mod.ts";

/** Its exit status; what it said is beside the trace. */
async function run(
  site: Site,
  program: string,
  { name, args }: { readonly name: string; readonly args: readonly string[] },
): Promise<number> {
  const options = { stdout: "piped", stderr: "piped" } as const;
  const { code, stdout, stderr } = await site.programs!.command(program, args, options).output();
  const text = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes)).join("\n");
  attach(`${name}.txt`, text, { title: `what ${program} said (${name})` });
  return code;
}

scenario(
  "SIPp and sipsak register",
  { uses: { pbx: realPbx() }, timeout: seconds(90) },
  async ({ pbx }) => {
    const site = await pbx.site("programs");
    const host = site.addresses[0]!;
    const to = { host: pbx.address, port: PORTS.UDP };
    const ping = await run(site, "sipsak", { name: "ping", args: sipsakPing(to, { host }) });
    expect(ping === 0, "nobody's OPTIONS answered").toBe(!pbx.profile.challengesOptions);
    const [user, password] = Object.entries(pbx.phones)[0]!;
    const account = { host, user, password, contact: `sip:${user}@${host}:5099` };
    const registering = { name: "register", args: sipsakRegister(to, account) };
    expect(await run(site, "sipsak", registering), "of a registration").toBe(0);
    const usersFile = await Deno.makeTempFile({ suffix: ".csv" });
    try {
      const users = Object.entries(pbx.phones).map(([user, password]) => ({ user, password }));
      await Deno.writeTextFile(usersFile, sippUsers(users));
      const args = sippRegister(to, { host, count: 4, usersFile });
      expect(await run(site, "sipp", { name: "sipp", args }), "of four registrations").toBe(0);
    } finally {
      await Deno.remove(usersFile);
    }
    expect(pbx.events).toHaveHappened(0, {
      kind: "refused",
      where: ({ user }) => user !== undefined && user in pbx.phones,
    });
  },
);
