/**
 * Whom Chromium trusts: on Linux also the authorities in the NSS database of its user
 * (docs/linux/cert_management.md of Chromium). Ours has a home of its own.
 */
import { BrowserError } from "./error.ts";

const CERTUTIL = "certutil";

/** @param pem any number of certificates */
export async function trust(home: string, pem: string): Promise<void> {
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----\n?/g);
  if (!certificates) {
    throw new TypeError(
      `Cannot trust "${pem.slice(0, 40)}": there is no certificate in it; give PEM, not a path`,
    );
  }
  const folder = `${home}/.pki/nssdb`;
  await Deno.mkdir(folder, { recursive: true });
  await certutil("-N", "-d", `sql:${folder}`, "--empty-password");
  for (const [n, certificate] of certificates.entries()) {
    const file = `${folder}/${n}.pem`;
    await Deno.writeTextFile(file, certificate);
    // "C": signs certificates of servers.
    await certutil("-A", "-d", `sql:${folder}`, "-n", `hil ${n}`, "-t", "C,,", "-i", file);
  }
}

async function certutil(...args: string[]): Promise<void> {
  const command = new Deno.Command(CERTUTIL, { args, stdin: "null" });
  const { success, stderr } = await command.output().catch((cause) => {
    throw new BrowserError(
      `Cannot run "${CERTUTIL}": it is not on the PATH; run "deno task hil doctor --install"`,
      "",
      { cause },
    );
  });
  if (success) return;
  const said = new TextDecoder().decode(stderr).trim();
  throw new BrowserError(`Cannot run "${CERTUTIL} ${args[0]}": it says "${said}"`, said);
}
