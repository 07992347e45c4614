/** What Deno must allow the daemon, and nothing else: by its configuration. */
import { dirname } from "node:path";
import type { Config } from "../config/mod.ts";

const PROGRAMS = {
  nft: ["nft"],
  iptables: ["iptables", "ip6tables", "iptables-restore", "ip6tables-restore"],
  ipset: ["ipset", "iptables", "ip6tables", "iptables-restore", "ip6tables-restore"],
} as const;

/**
 * Flags of `deno run`.
 *
 * @param configFile where the configuration is, if it is a file
 */
export function permissionsOf(config: Config, configFile?: string): string[] {
  const folders = [...new Set([dirname(config.state), dirname(config.control)])];
  const libraries = ["libc.so.6", "libpcap.so.0.8"].map((name) =>
    `/usr/lib/${Deno.build.arch}-linux-gnu/${name}`
  );
  const hosts = config.webhook.map((url) => new URL(url).host);
  const metrics = config.metrics === "off" ? [] : [config.metrics];
  const [command] = config.command;
  const programs = PROGRAMS[config.backend].map((name) => `/usr/sbin/${name}`);
  const flags: Readonly<Record<string, readonly string[]>> = {
    read: configFile === undefined ? folders : [...folders, configFile],
    write: folders,
    net: [`unix:${config.control}`, ...metrics, ...hosts],
    ffi: libraries,
    run: command === undefined ? programs : [...programs, command],
    sys: ["networkInterfaces"],
    env: ["LOG_TOKENS", "LOG_STREAM"], // The parser of YAML asks for these.
  };
  return Object.entries(flags).map(([name, values]) => `--allow-${name}=${values.join(",")}`);
}
