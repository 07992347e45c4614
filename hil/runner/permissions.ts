/** The command-line flags that give a worker the permissions of this process. */

const NAMES = ["read", "write", "run", "env", "net", "ffi", "sys", "import"] as const;
const SYS_KINDS = ["hostname", "osRelease", "cpus", "uid", "gid", "networkInterfaces"] as const;

let flags: readonly string[] | undefined;

export function permissionFlags(): readonly string[] {
  return flags ??= findFlags();
}

function findFlags(): string[] {
  const has = (descriptor: Deno.PermissionDescriptor) =>
    Deno.permissions.querySync(descriptor).state === "granted";
  const granted = NAMES.filter((name) => has({ name } as Deno.PermissionDescriptor));
  if (granted.length === NAMES.length) return ["--allow-all"];
  const found = granted.map((name) => `--allow-${name}`);
  const kinds = SYS_KINDS.filter((kind) => has({ name: "sys", kind }));
  if (!granted.includes("sys") && kinds.length > 0) found.push(`--allow-sys=${kinds}`);
  return found;
}
