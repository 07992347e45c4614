import assert from "node:assert/strict";
import { ConfigError, readConfig } from "./mod.ts";

function problemsOf(text: string, options: [string, string][] = []): readonly string[] {
  try {
    readConfig({ options }, { name: "sipban.yaml", text });
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

Deno.test("the command line goes over the file, and the file over what is so by default", () => {
  const config = readConfig(
    { options: [["window", "1h"], ["allow", "10.0.0.0/8,2001:db8::1"], ["allow", "10.9.0.1"]] },
    {
      name: "sipban.yaml",
      text: "max-failures: 3\nwindow: 10m\nports: [5060, 5080]\ninterface: eth0\n",
    },
  );
  assert.deepEqual(
    [config["max-failures"], config.window, config.ports, config.interface, config.escalation],
    [3, 3600, [5060, 5080], ["eth0"], 4],
  );
  assert.deepEqual(config.allow, ["10.0.0.0/8", "2001:db8::1", "10.9.0.1"]);
});

Deno.test("all that is wrong is said at once, with its place and what to write", () => {
  const text = "max-failures: many\nallow:\n  - 10.0.0.0/40\nwindow: [1, 2]\ncolour: red\n" +
    "metrics: 0.0.0.0:9117\n";
  assert.deepEqual(problemsOf(text, [["backend", "pf"], ["size", "1"]]), [
    'sipban.yaml:4:1: Cannot set window: it is no single value; write "window: one"',
    'sipban.yaml:5:1: Cannot set "colour": there is no such option; --help has all',
    'command line: Cannot set "size": there is no such option; --help has all',
    'sipban.yaml:3:5: Cannot set allow to "10.0.0.0/40": it is no address or network; ' +
    "write it as 198.51.100.0/24 or 2001:db8::1",
    'sipban.yaml:1:15: Cannot set max-failures to "many": it is no whole number in range; ' +
    "write one from 0 on",
    'command line: Cannot set backend to "pf": it is none of nft, iptables, ipset; ' +
    "write one of them",
    'sipban.yaml:6:10: Cannot set metrics to "0.0.0.0:9117": it is no loopback address with a ' +
    "port; write 127.0.0.1:9117, or off",
  ]);
});

Deno.test("a file that is no YAML, or no map, says where", () => {
  assert.match(problemsOf("a: [1,\nb: 2")[0]!, /^sipban\.yaml:\d+:\d+: Cannot read it: /);
  assert.match(problemsOf("a: 1\na: 2")[0]!, /^sipban\.yaml:\d+:1: Cannot read it: .*unique/);
  assert.match(problemsOf("- a")[0]!, /^sipban\.yaml:1:1: Cannot read it: it is no map/);
  assert.deepEqual(problemsOf(""), []);
});
