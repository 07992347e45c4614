import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { Store, type StoredBan } from "./mod.ts";

const ban = (target: string, more: Partial<StoredBan> = {}): StoredBan => ({
  target,
  untilNs: 1.7e18,
  level: 1,
  rule: "failures",
  live: true,
  ...more,
});

function scratch() {
  const folder = Deno.makeTempDirSync();
  const reports: string[] = [];
  const path = `${folder}/state.sqlite`;
  return {
    path,
    folder,
    reports,
    open: (at = path) => new Store({ path: at, report: (text) => void reports.push(text) }),
    [Symbol.dispose]: () => Deno.removeSync(folder, { recursive: true }),
  };
}

Deno.test("bans are there again after a restart, with their counts", () => {
  using files = scratch();
  const first = files.open();
  const { untilNs: _, ...forEver } = ban("203.0.113.0/24", { level: 3, live: false });
  first.put([ban("203.0.113.7"), forEver, ban("203.0.113.9")]);
  first.put([ban("203.0.113.7", { level: 2 })]);
  first.delete(["203.0.113.9"]);
  first.close();
  const second = files.open();
  assert.deepEqual(second.bans, [forEver, ban("203.0.113.7", { level: 2 })]);
  assert.deepEqual(files.reports, []);
  second.close();
});

Deno.test("a locked file is said once; what came meanwhile is written when it is free", () => {
  using files = scratch();
  const store = files.open();
  const other = new DatabaseSync(files.path);
  other.exec("BEGIN IMMEDIATE");
  store.put([ban("203.0.113.7")]);
  store.put([ban("203.0.113.8")]);
  assert.match(store.problem!, /^Cannot write the state ".*": database is locked; end what else/);
  assert.deepEqual([store.bans.length, files.reports.length], [2, 1]);
  other.exec("ROLLBACK");
  other.close();
  store.flush();
  assert.equal(store.problem, undefined);
  assert.match(files.reports[1]!, /is written again$/);
  store.close();
  const next = files.open();
  assert.equal(next.bans.length, 2);
  next.close();
});

Deno.test("a damaged file is set aside, and a new one begun", () => {
  using files = scratch();
  for (const text of ["no database at all ".repeat(100), half(files.folder)]) {
    if (typeof text === "string") Deno.writeTextFileSync(files.path, text);
    else Deno.writeFileSync(files.path, text);
    const store = files.open();
    assert.match(files.reports.pop()!, /it is damaged; it is now ".*damaged", and a new one/);
    store.put([ban("203.0.113.7")]);
    store.close();
    const next = files.open();
    assert.equal(next.bans.length, 1);
    next.close();
  }
});

/** A good file whose second half is noise. */
function half(folder: string): Uint8Array {
  const path = `${folder}/other.sqlite`;
  const store = new Store({ path, report: assert.fail });
  store.put(Array.from({ length: 500 }, (_, i) => ban(`203.0.113.${i}`)));
  store.close();
  return Deno.readFileSync(path).fill(0xa5, 200);
}

/** A disk of 100 KiB, in a mount namespace of its own, which ends with the process. */
const ON_A_SMALL_DISK = `
  const [folder, module] = Deno.args;
  const { Store } = await import(module);
  const reports = [];
  const store = new Store({ path: folder + "/state.sqlite", report: (text) => reports.push(text) });
  Deno.writeFileSync(folder + "/ballast", new Uint8Array(40_000));
  const bans = Array.from({ length: 2000 }, (_, i) => (
    { target: "2001:db8:0:0:0:0:0:" + i, level: 1, rule: "failures", live: true }
  ));
  store.put(bans);
  const { length } = store.bans;
  const { problem } = store;
  Deno.removeSync(folder + "/ballast");
  store.delete(bans.slice(100).map(({ target }) => target));
  store.close();
  const next = new Store({ path: folder + "/state.sqlite", report: (text) => reports.push(text) });
  console.log(JSON.stringify({ length, problem, reports, kept: next.bans.length }));
`;

Deno.test({
  name:
    "a full disk is said and does not end protection; what it lacks is written when there is room",
  ignore: Deno.uid() !== 0,
  async fn() {
    using files = scratch();
    const script = 'mount -t tmpfs -o size=100k none "$1" && shift 1 && exec "$@"';
    const module = import.meta.resolve("./mod.ts");
    const deno = [Deno.execPath(), "eval", "--no-check", ON_A_SMALL_DISK, files.folder, module];
    const args = ["-m", "sh", "-c", script, "sh", files.folder, ...deno];
    const { stdout, stderr } = await new Deno.Command("unshare", { args }).output();
    const text = new TextDecoder();
    const said = JSON.parse(text.decode(stdout) || assert.fail(text.decode(stderr)));
    assert.match(
      said.problem,
      /Cannot write the state ".*": .*full; make room on its disk\. Until/,
    );
    assert.match(said.reports[1], /is written again$/);
    assert.deepEqual([said.length, said.reports.length, said.kept], [2000, 2, 100]);
  },
});

Deno.test("a folder that is not there, and a file of a newer version, are said; memory has the bans", () => {
  using files = scratch();
  // The name of a folder is no reason.
  const away = files.open(`${files.folder}/full/state.sqlite`);
  away.put([ban("203.0.113.7")]);
  assert.equal(away.bans.length, 1);
  assert.match(
    files.reports.pop()!,
    /unable to open database file.*; make its folder, and let sipban/,
  );
  away.close();
  const newer = new DatabaseSync(files.path);
  newer.exec("PRAGMA user_version = 9");
  newer.close();
  const store = files.open();
  assert.match(files.reports.pop()!, /newer version \(9\) of sipban; run that version/);
  store.close();
});
