/** A certificate for a PBX, by an authority of its own: both are made for one run and for no other. */
import { isIP } from "node:net";

export interface Certificate {
  /** PEM of who signed it: what phones trust. */
  readonly authority: string;
  /** PEM. */
  readonly certificate: string;
  readonly key: string;
}

const DAYS = "7";
const CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

/**
 * @param folder an empty one, whose files are the caller's
 * @param names what it is for: addresses and host names
 */
export async function makeCertificate(
  folder: string,
  names: readonly string[],
): Promise<Certificate> {
  const file = (name: string) => `${folder}/${name}`;
  const [authority, authorityKey] = [file("authority.pem"), file("authority.key")];
  const [certificate, key] = [file("pbx.pem"), file("pbx.key")];
  const alternatives = names.map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`);
  const common = ["req", "-x509", ...CURVE, "-days", DAYS];
  await openssl(
    ...[...common, "-subj", "/CN=test authority of a PBX", "-out", authority],
    ...["-keyout", authorityKey],
  );
  await openssl(
    ...[...common, "-subj", `/CN=${names[0]}`, "-out", certificate, "-keyout", key],
    ...["-CA", authority, "-CAkey", authorityKey],
    ...["-addext", `subjectAltName=${alternatives}`, "-addext", "basicConstraints=CA:FALSE"],
  );
  const [a, c, k] = await Promise.all(
    [authority, certificate, key].map((path) => Deno.readTextFile(path)),
  );
  return { authority: a!, certificate: c!, key: k! };
}

async function openssl(...args: string[]): Promise<void> {
  const command = new Deno.Command("openssl", { args, stdin: "null", stdout: "null" });
  const { success, stderr } = await command.output();
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim().split("\n").at(-1);
  throw new Error(`Cannot make a certificate: openssl says "${said}"; install openssl 3`);
}
