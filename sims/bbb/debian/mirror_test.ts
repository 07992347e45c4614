import assert from "node:assert/strict";
import { Random } from "hil/time/mod.ts";
import { DebianError } from "./error.ts";
import { machinesMirror, mirrorIn, parseSources, parseSourcesList } from "./mirror.ts";

const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

Deno.test("the mirror is read from the one-line form", () => {
  const sources = parseSourcesList(`
    # deb http://old.example/debian bookworm main
    deb-src http://src.example/debian bookworm main
    deb [arch=amd64 signed-by=/keys/x.gpg] http://x.example/x bookworm main # theirs
    deb [signed-by=${KEYRING}] http://own.example/debian bookworm main contrib
    deb http://security.example/debian-security bookworm-security main
  `);
  assert.deepEqual(mirrorIn(sources), { uri: "http://own.example/debian", signedBy: KEYRING });
});

Deno.test("the mirror is read from the deb822 form; a source that is off is none", () => {
  const sources = parseSources(`Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb deb-src
URIs: mirror+file:///etc/apt/mirrors/debian.list
Suites: trixie trixie-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.pgp
`);
  assert.deepEqual(mirrorIn(sources), {
    uri: "mirror+file:///etc/apt/mirrors/debian.list",
    signedBy: "/usr/share/keyrings/debian-archive-keyring.pgp",
  });
});

Deno.test("another archive that names its suites after Debian's is no mirror", () => {
  const sources = parseSourcesList(`
    deb http://other.example/php bookworm main
    deb http://other.example/linux/debian bookworm stable
    deb cdrom:[Debian]/ bookworm main
    deb http://other.example/debian-security bookworm main
    deb http://other.example/ubuntu noble main
  `);
  assert.equal(mirrorIn(sources), undefined);
});

Deno.test("both forms are looked for below apt's folder", async () => {
  const etc = await Deno.makeTempDir();
  try {
    await assert.rejects(machinesMirror({ etc, override: "" }), (error) => {
      assert.ok(error instanceof DebianError);
      assert.equal(
        error.message,
        `Cannot find a Debian mirror in "${etc}": no source there has "main" of a Debian ` +
          `release; set DEBIAN_MIRROR to the address of a mirror`,
      );
      return true;
    });
    await Deno.mkdir(`${etc}/sources.list.d`);
    await Deno.writeTextFile(
      `${etc}/sources.list.d/notes.txt`,
      "deb http://no.example/debian sid main",
    );
    await Deno.writeTextFile(
      `${etc}/sources.list.d/a.list`,
      "deb http://a.example/debian sid main",
    );
    assert.equal((await machinesMirror({ etc, override: "" })).uri, "http://a.example/debian");
    assert.equal((await machinesMirror({ etc, override: "file:/m" })).uri, "file:/m");
  } finally {
    await Deno.remove(etc, { recursive: true });
  }
});

Deno.test("any text is read as sources without an error, and a mirror found has an address", () => {
  const random = new Random("sources");
  const pieces = [
    "deb ",
    "[",
    "]",
    "signed-by=/debian-archive",
    "http://m/debian ",
    "bookworm ",
    "main",
  ]
    .concat(["\n", "#", " ", "Types: deb", "URIs:", "Suites:", "Components:", "\0", "\u{1F40C}"]);
  let found = 0;
  for (let i = 0; i < 3000; i++) {
    let text = random.below(2) ? "deb " : "Types: deb\nURIs: http://m/debian\n";
    for (let n = random.below(20); n > 0; n--) text += pieces[random.below(pieces.length)];
    for (const sources of [parseSourcesList(text), parseSources(text)]) {
      const mirror = mirrorIn(sources);
      if (!mirror) continue;
      found++;
      assert.match(mirror.uri, /\S/);
      assert.match(mirror.signedBy, /^\S.*debian-archive/);
    }
  }
  assert.ok(found > 0);
});
