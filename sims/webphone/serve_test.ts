import assert from "node:assert/strict";
import { bundleWebphone, FILES } from "./bundle.ts";
import { servePage } from "./serve.ts";

Deno.test("the page is bundled for a browser, served with its headers, and nothing else is", async () => {
  const folder = await bundleWebphone();
  const server = servePage(folder);
  try {
    for (const name of FILES) {
      const response = await fetch(`${server.url}${name}`);
      const text = await response.text();
      assert.equal(response.status, 200, name);
      assert.match(response.headers.get("Content-Security-Policy")!, /default-src 'none'/);
      assert.doesNotMatch(text, /["']node:/, `${name} needs what no browser has`);
    }
    const page = await fetch(server.url);
    assert.match(await page.text(), /<main id="webphone" data-registration="unregistered"/);
    for (const path of ["deno.json", "../../deno.json", "%2e%2e/secret"]) {
      const response = await fetch(server.url + path);
      await response.body?.cancel();
      assert.equal(response.status, 404, path);
    }
  } finally {
    await server.close();
  }
});

Deno.test("what has not changed is not bundled again", async () => {
  const folder = await bundleWebphone();
  const before = await Deno.stat(`${folder}/page.js`);
  assert.equal(await bundleWebphone(), folder);
  assert.deepEqual((await Deno.stat(`${folder}/page.js`)).mtime, before.mtime);
});
