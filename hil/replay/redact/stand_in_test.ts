import { deepEqual, equal, ok } from "node:assert/strict";
import { Addresses } from "./addresses.ts";
import { StandIns } from "./stand_in.ts";

Deno.test("a stand-in has the length and the shape of its value, and is the same each time", () => {
  const standIns = new StandIns((value) => [value]);
  const values = ["hunter2", "hunter3", "aB-9_c", "a1b2c3d4e5f6", "пароль", "🔑1", "QUJDRA=="];
  const made = values.map((value) => standIns.of(value));
  deepEqual(values.map((value) => standIns.of(value)), made);
  equal(new Set(made).size, values.length);
  const size = (text: string) => new TextEncoder().encode(text).length;
  for (const [i, value] of values.entries()) {
    equal(size(made[i]!), size(value), value);
    ok(made[i] !== value);
  }
  ok(/^[a-z]{6}\d$/.test(made[0]!) && /^[0-9a-f]{12}$/.test(made[3]!), made.join());
  equal(atob(made[6]!).length, 4);
});

Deno.test("a stand-in is none of what is to be avoided", () => {
  const standIns = new StandIns((value) => [value]);
  const first = new StandIns((value) => [value]).of("secret1");
  standIns.avoid(first);
  ok(standIns.of("secret1") !== first);
});

Deno.test("addresses of one network stay in one, with their lengths; those of nobody stay", () => {
  const addresses = new Addresses();
  const [a, b, c] = ["10.20.30.40", "10.20.30.41", "10.99.1.2"].map((text) => addresses.text(text));
  const net = (text: string, octets: number) => text.split(".").slice(0, octets).join(".");
  equal(net(a!, 3), net(b!, 3));
  equal(net(a!, 1), net(c!, 1));
  ok(net(a!, 2) !== net(c!, 2) && a !== b);
  equal(a!.length, "10.20.30.40".length);
  for (const kept of ["127.0.0.1", "198.51.100.7", "255.255.255.0", "::1", "2001:db8::5"]) {
    equal(addresses.text(kept), kept);
  }
  const six = addresses.text("2A02:8108:99::1f");
  ok(/^[0-9A-F]{4}:[0-9A-F]{4}:[0-9A-F]{2}::[0-9A-F]{2}$/i.test(six), six);
  ok(!/2A02|8108/.test(six), six);
  const mac = addresses.text("00:1B:21:3c:9d:f8");
  equal(mac, "02:00:00:00:00:01");
  equal(addresses.text("00-1b-21-3c-9d-f8"), "02-00-00-00-00-01");
  equal(addresses.text("ff:ff:ff:ff:ff:ff"), "ff:ff:ff:ff:ff:ff");
  deepEqual([...addresses.ipv4(Uint8Array.of(10, 20, 30, 40))].join("."), a);
});
